"""The names of dtypes in declarations: one dtype each, or a class that a call binds once."""

import torch

FLOATS = (torch.float32, torch.float16, torch.bfloat16)
UNIFORMS = (torch.float32, torch.float64)

CLASSES = {"float": FLOATS, "uniform": UNIFORMS}
"""Names that stand for several dtypes; the first tensor of a call that has one settles it for the others."""

CONCRETE = (
    *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
)


def short(dtype: torch.dtype) -> str:
    """Return a dtype's name without its module: ``"int32"``."""
    return str(dtype).removeprefix("torch.")


DTYPES = CLASSES | {short(dtype): (dtype,) for dtype in CONCRETE}
"""What each name allows."""
