"""What both operations read of a flat tree's rows, and ragged runs, in PyTorch."""

import torch

PARENT, START, LENGTH, END, KEY, BORN, SECRET = range(7)


def well_formed(nodes: torch.Tensor, room: int, page_size: int) -> torch.Tensor:
    """Return which rows of int64 [M, 8] have an edge of whole pages within ``room`` tokens: bool [M]."""
    start, length = nodes[:, START], nodes[:, LENGTH]
    return (length >= page_size) & (length % page_size == 0) & (start >= 0) & (start + length <= room)


def runs(lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return, for runs of int64 [A] lengths laid end to end, each element's run and its place in it.

    >>> runs(torch.tensor([2, 0, 1]))
    (tensor([0, 0, 2]), tensor([0, 1, 0]))
    """
    run = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)
    begins = lengths.cumsum(0) - lengths
    return run, torch.arange(len(run), device=lengths.device) - begins[run]
