"""Calls and messages of the SIM cards: the one source of every report about them."""
