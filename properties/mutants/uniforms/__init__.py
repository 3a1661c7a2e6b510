"""Wrong backends that break ``uniforms``."""
