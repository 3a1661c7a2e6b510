"""Wrong backends that break ``match_prefixes``."""
