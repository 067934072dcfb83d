"""SIM cards and what surrounds them."""
