"""Reports on usage, as records and as files."""
