"""The simulated fleet as it is when it is new."""
