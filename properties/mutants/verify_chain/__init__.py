"""Wrong backends that break ``verify_chain``."""
