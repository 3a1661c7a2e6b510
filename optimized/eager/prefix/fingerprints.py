"""The flat tree's hash in PyTorch: uint32 arithmetic in the low halves of int64."""

import torch

LOW = 0xFFFFFFFF


def mix(x: torch.Tensor) -> torch.Tensor:
    """Scramble numbers in [0, 2**32)."""
    x = (x ^ (x >> 16)) * 0x85EBCA6B & LOW
    x = (x ^ (x >> 13)) * 0xC2B2AE35 & LOW
    return x ^ (x >> 16)


def fingerprints(pages: torch.Tensor, secrets: torch.Tensor) -> torch.Tensor:
    """Return the fingerprint of each page of int32 [A, P], as int64 [A] in [0, 2**32).

    secrets int64 [A, 2]: the words of the secret under which each is hashed, low word first.
    """
    steps = torch.arange(1, pages.shape[1] + 1, device=pages.device) * 0x9E3779B9
    low, high = (mix((secrets[:, [word]] + steps) & LOW) for word in (0, 1))
    tokens = pages.long() & LOW
    # Bits 32 to 63 of (high * 2^32 + low) * token. The product of two words has its top bit in the sign.
    terms = high * tokens + ((low * tokens) >> 32)
    return (terms & LOW).sum(1) & LOW


def buckets(nodes: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Return where the probing for (node, key) begins, before the table's size masks it."""
    return mix(keys ^ (nodes * 0x9E3779B1 & LOW))
