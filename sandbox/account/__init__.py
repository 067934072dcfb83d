"""The account: its money, its records, its events."""
