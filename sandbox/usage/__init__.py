"""The one source of usage: every report, charge and limit counts these records."""
