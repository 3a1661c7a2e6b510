"""Draws in plain PyTorch, on any device, for bugs of memory: no synchronisation, one row at a time.

PyTorch is imported when a tensor is at hand: whoever lists the mutants need not have it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class TensorSampler:
    """``sample`` of tensors; every method is a step of the rule."""

    def __call__(self, probs: "torch.Tensor", uniforms: "torch.Tensor") -> tuple["torch.Tensor", ...]:
        """Draw from each row by itself: tokens and status, int32 [B]."""
        import torch

        B = probs.shape[0]
        tokens = torch.full((B,), -1, dtype=torch.int32, device=probs.device)
        status = torch.zeros(B, dtype=torch.int32, device=probs.device)
        for b in range(B):
            row = self.row(probs, b)
            weights = torch.where(torch.isfinite(row) & (row > 0), row, 0.0).double()
            cdf = self.cdf(weights)
            # Of the ids with weight, the first beyond u * total; else the last.
            ids = torch.arange(len(weights), device=probs.device)
            beyond = (weights > 0) & (cdf > self.uniform(uniforms, b).double() * cdf[-1])
            last = torch.where(weights > 0, ids, -1).max()
            tokens[b] = torch.where(beyond.any(), torch.where(beyond, ids, len(weights)).min(), last)
            status[b] = (last < 0).int() + 4 * (~torch.isfinite(row).all()).int()
        return tokens, status

    def row(self, probs: "torch.Tensor", b: int) -> "torch.Tensor":
        """Return row b."""
        return probs[b]

    def uniform(self, uniforms: "torch.Tensor", b: int) -> "torch.Tensor":
        """Return row b's uniform."""
        return uniforms[b]

    def cdf(self, weights: "torch.Tensor") -> "torch.Tensor":
        """Return the running sum of the weights, float64 [V]."""
        return weights.cumsum(0)
