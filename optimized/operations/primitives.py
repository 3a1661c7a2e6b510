"""Operations of primitives for the package's top: written by generate.py."""

from typing import Annotated

import torch

from draftproof.optimized.dispatch import Backend, call


def vector_add(
    a: Annotated[torch.Tensor, "float32 [N]"],
    b: Annotated[torch.Tensor, "float32 [N]"],
    *,
    backend: Backend | None = None,
) -> Annotated[torch.Tensor, "float32 [N]"]:
    """Return a + b."""
    outcome: torch.Tensor = call(
        "vector_add",
        backend,
        a,
        b,
    )
    return outcome
