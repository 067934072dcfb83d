"""The account: money, invoices, and what happened."""
