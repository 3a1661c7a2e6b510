"""Wrong backends that break ``sample``."""
