"""Probabilities from logits in PyTorch."""

from typing import Annotated

import torch

from draftproof.optimized.signatures.implement import implements


@implements
def softmax(
    logits: Annotated[torch.Tensor, "float [B, V], V at least 1"],
) -> Annotated[torch.Tensor, "float32 [B, V]"]:
    """Return the softmax of each row: float32 [B, V] from float32, float16 or bfloat16 [B, V].

    -inf and NaN give exactly 0, +inf logits share the mass, a row without finite logits is 0.
    """
    rows = logits.double().nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)
    highest = rows.amax(-1, keepdim=True)
    # inf - inf is NaN: a logit that equals the maximum has weight 1, whatever the maximum is.
    weights = torch.where(rows == highest, 1.0, (rows - highest).exp())
    weights = torch.where(highest == -torch.inf, 0.0, weights)
    return (weights / weights.sum(-1, keepdim=True).clamp(min=1.0)).float()
