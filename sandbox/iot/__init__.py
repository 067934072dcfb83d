"""SIM cards and what belongs to them."""
