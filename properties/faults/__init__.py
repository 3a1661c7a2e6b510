"""The fault model: what could be wrong, enumerated from a contract, and how much of it the suite sees."""
