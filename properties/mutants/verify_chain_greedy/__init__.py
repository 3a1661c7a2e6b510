"""Wrong backends that break ``verify_chain_greedy``."""
