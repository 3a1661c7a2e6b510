"""Wrong backends that break ``softmax``."""
