"""Wrong backends that break ``vector_add``."""
