"""Rows of probabilities in PyTorch: what counts as mass, and the draw by inverse CDF."""

import torch


def mass(rows: torch.Tensor) -> torch.Tensor:
    """Return ``rows`` in float64 with NaN, infinities and negative numbers as 0."""
    return torch.where((rows > 0) & (rows < torch.inf), rows, 0.0).double()


def draw(weights: torch.Tensor, uniforms: torch.Tensor) -> torch.Tensor:
    """Draw one id per row: the smallest t with w(t) > 0 and cdf(t) > u * total, or -1.

    weights float64 [B, V] without NaN, uniforms [B]; returns int32 [B].
    """
    cdf = weights.cumsum(-1)
    ids = torch.arange(weights.shape[-1], device=weights.device)
    positive = weights > 0
    above = positive & (cdf > uniforms.double()[:, None] * cdf[:, -1:])
    beyond = weights.shape[-1]
    first = torch.where(above, ids, beyond).amin(-1)
    last = torch.where(positive, ids, -1).amax(-1)
    # u * total may round up to the total itself; the last token with mass is meant then.
    return torch.where(first < beyond, first, last).int()
