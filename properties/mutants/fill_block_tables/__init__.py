"""Wrong backends that break ``fill_block_tables``."""
