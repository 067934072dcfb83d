"""Who and what may use the account: addresses, keys, billing groups."""
