"""a + b in PyTorch."""

from typing import Annotated

import torch

from draftproof.optimized.signatures.implement import implements


@implements
def vector_add(
    a: Annotated[torch.Tensor, "float32 [N]"], b: Annotated[torch.Tensor, "float32 [N]"]
) -> Annotated[torch.Tensor, "float32 [N]"]:
    """Return a + b."""
    return a + b
