"""Arguments and results of the device operations on a flat prefix tree."""

from typing import NamedTuple

import torch

from draftproof.optimized.arguments.check import Arguments

ROW = 8
"""Columns of a node's row: parent, start, length, end, key, born, and two that are 0."""


class PrefixMatch(NamedTuple):
    """The longest cached prefix of each request."""

    lengths: torch.Tensor
    """int32 [R]: matched tokens, a multiple of the page size."""
    nodes: torch.Tensor
    """int32 [R]: the node in whose edge the match ends, the root if nothing matched, -1 without a root."""
    status: torch.Tensor
    """int32 [R]: bits of ``Status``."""


class BlockTables(NamedTuple):
    """The pages of each request's matched prefix."""

    tables: torch.Tensor
    """int32 [R, width]: one page per block of tokens, then -1."""
    status: torch.Tensor
    """int32 [R]: bits of ``Status``."""


class Sizes(NamedTuple):
    """How long the arrays of one call are; what a call does not take is 0."""

    requests: int
    tokens: int
    table: int
    nodes: int
    edges: int


def match_prefixes(
    tokens: torch.Tensor,
    offsets: torch.Tensor,
    roots: torch.Tensor,
    table: torch.Tensor,
    nodes: torch.Tensor,
    edges: torch.Tensor,
    page_size: int,
) -> Sizes:
    """Return the sizes, or raise TypeError or ValueError."""
    args = Arguments("match_prefixes")
    args.sizes["8"] = ROW
    args.tensor("tokens", tokens, ("N",), torch.int32)
    args.tensor("offsets", offsets, (("R", 1),), torch.int64)
    args.tensor("roots", roots, ("R",), torch.int32)
    args.tensor("table", table, ("H",), torch.int32)
    args.tensor("nodes", nodes, ("M", "8"), torch.int32)
    args.tensor("edges", edges, ("C",), torch.int32)
    entries = args.sizes["H"]
    if entries < 1 or entries & (entries - 1):
        raise ValueError(
            f"match_prefixes: table must be int32 [H], H a power of two, on {table.device}, "
            f"got int32 [{entries}] on {table.device}"
        )
    _count("match_prefixes", "page_size", page_size, 1)
    return Sizes(args.sizes["R"], args.sizes["N"], entries, args.sizes["M"], args.sizes["C"])


def fill_block_tables(
    matched_nodes: torch.Tensor,
    matched_lengths: torch.Tensor,
    nodes: torch.Tensor,
    slots: torch.Tensor,
    page_size: int,
    width: int,
) -> Sizes:
    """Return the sizes, or raise TypeError or ValueError."""
    args = Arguments("fill_block_tables")
    args.sizes["8"] = ROW
    args.tensor("matched_nodes", matched_nodes, ("R",), torch.int32)
    args.tensor("matched_lengths", matched_lengths, ("R",), torch.int32)
    args.tensor("nodes", nodes, ("M", "8"), torch.int32)
    args.tensor("slots", slots, ("C",), torch.int32)
    _count("fill_block_tables", "page_size", page_size, 1)
    _count("fill_block_tables", "width", width, 0)
    return Sizes(args.sizes["R"], 0, 0, args.sizes["M"], args.sizes["C"])


def _count(operation: str, name: str, value: object, least: int) -> None:
    """Check that ``value`` is an integer of at least ``least`` that fits int32."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{operation}: {name} must be an integer, got {type(value).__name__}")
    if not least <= value < 2**31:
        raise ValueError(f"{operation}: {name} must be an int32 of at least {least}, got {value}")
