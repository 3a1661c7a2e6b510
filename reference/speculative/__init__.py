"""Speculative decoding: verification of drafted tokens against the target model."""
