"""Wrong backends that break ``RadixTree``."""
