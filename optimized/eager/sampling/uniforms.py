"""Philox4x32-10 in PyTorch."""

from typing import Annotated

import torch

from draftproof.optimized.signatures.implement import implements

ROUNDS = 10
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
WORD = 0xFFFFFFFF


@implements
def uniforms(
    seeds: Annotated[torch.Tensor, "int64 [B]"],
    offsets: Annotated[torch.Tensor, "int64 [B]"],
    count: Annotated[int, "int32 >= 0"],
) -> Annotated[torch.Tensor, "float32 [B, count]"]:
    """Return float32 [B, count] in [0, 1): elements offset .. offset + count - 1 of each seed's stream.

    seeds int64 [B] (the key), offsets int64 [B] (the number of the first element, modulo 2**64).
    """
    numbers = offsets[:, None] + torch.arange(count, device=seeds.device)  # wraps modulo 2**64
    blocks = (numbers >> 2) & (2**62 - 1)  # a logical shift: int64 has only the arithmetic one
    zero = torch.zeros_like(blocks)
    words = [blocks & WORD, blocks >> 32, zero, zero]
    keys = [(seeds & WORD)[:, None], (seeds >> 32 & WORD)[:, None]]
    for _ in range(ROUNDS):
        first, second = _multiply(words[0], MULTIPLIERS[0]), _multiply(words[2], MULTIPLIERS[1])
        words = [second[0] ^ words[1] ^ keys[0], second[1], first[0] ^ words[3] ^ keys[1], first[1]]
        keys = [(key + step) & WORD for key, step in zip(keys, WEYL, strict=True)]
    chosen = torch.stack(words, -1).gather(-1, (numbers & 3)[..., None])[..., 0]
    return (chosen >> 8).float() * 2.0**-24


def _multiply(word: torch.Tensor, factor: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the high and low 32 bits of a 32 x 32-bit product without overflowing int64."""
    low = (word & 0xFFFF) * factor
    high = (word >> 16) * factor + (low >> 16)
    return high >> 16, (high & 0xFFFF) << 16 | low & 0xFFFF
