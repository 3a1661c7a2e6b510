# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""What matching does with tokens: the flat tree's hash of a page, and how far two runs agree."""

import triton
import triton.language as tl


@triton.jit
def mix(x):
    """Scramble uint32 numbers."""
    x = (x ^ (x >> 16)) * 0x85EBCA6B
    x = (x ^ (x >> 13)) * 0xC2B2AE35
    return x ^ (x >> 16)


@triton.jit
def fingerprint(page, page_size, low, high, LANES: tl.constexpr):
    """The fingerprint, uint32, of the page at a pointer under a secret's two words, uint32.

    Bits 32 to 63 of each token's product with its place's factor; a sum, so that lanes may add in any order.
    """
    total = tl.zeros([LANES], tl.uint32)
    for first in range(0, page_size, LANES):
        i = first + tl.arange(0, LANES)
        token = tl.load(page + i, mask=i < page_size, other=0).to(tl.uint32, bitcast=True)
        step = (i + 1).to(tl.uint32) * 0x9E3779B9
        carried = (mix(low + step).to(tl.uint64) * token.to(tl.uint64)) >> 32
        total += mix(high + step) * token + carried.to(tl.uint32)  # a token past the page's end is 0
    return tl.sum(total, 0)


@triton.jit
def bucket(node, key):
    """Where the probing for a node's child with this key begins, uint32, before the table's size masks it."""
    return mix(key ^ (node.to(tl.uint32, bitcast=True) * 0x9E3779B1))


@triton.jit
def agreeing(one, two, length, BLOCK: tl.constexpr):
    """How many of ``length`` tokens agree from two pointers on; ends with the block that differs."""
    common = length
    first = length * 0
    while first < common:
        i = first + tl.arange(0, BLOCK)
        left = tl.load(one + i, mask=i < length, other=0)
        right = tl.load(two + i, mask=i < length, other=0)
        common = tl.minimum(common, tl.min(tl.where(left != right, i, length), 0))
        first += BLOCK
    return common
