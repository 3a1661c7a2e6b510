"""Sampling: distributions from logits, uniforms from seeds, tokens from both."""
