"""A captured graph replays the draws of its capture."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STORY = (
    "FlashInfer 978 and 2132: the seed is read on the host and passed by value, so that a CUDA graph repeats "
    "the same noise for ever."
)
KILLED_BY = ("graph replay",)
DEVICES = ("cuda",)

_ON_HOST: dict[int, tuple[list[int], list[int]]] = {}


def uniforms(seeds: "torch.Tensor", offsets: "torch.Tensor", *, count: int) -> "torch.Tensor":
    """Fill each element with a value computed on the host, in a capture from the seeds last seen there."""
    import numpy as np
    import torch

    from draftproof import reference

    if not torch.cuda.is_current_stream_capturing():
        _ON_HOST[seeds.data_ptr()] = seeds.tolist(), offsets.tolist()
    key, offset = _ON_HOST[seeds.data_ptr()]
    drawn = reference.uniforms(np.array(key), np.array(offset), count)
    out = torch.empty((len(seeds), count), dtype=torch.float32, device=seeds.device)
    for element, value in zip(out.view(-1), drawn.ravel().tolist(), strict=True):
        element.fill_(value)
    return out
