"""The check of one tensor argument, with the sizes of the axes learned on the way."""

from collections.abc import Sequence

import torch

FLOATS = (torch.float32, torch.float16, torch.bfloat16)
UNIFORMS = (torch.float32, torch.float64)


class Arguments:
    """The arguments of one call of one operation; learns what B, K, V are from the first that has them."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.sizes: dict[str, int] = {}
        self.device: torch.device | None = None

    def tensor(
        self, name: str, value: torch.Tensor, axes: Sequence[str | tuple[str, int]], *dtypes: torch.dtype
    ) -> None:
        """Check that ``value`` is a tensor of one of ``dtypes`` with these axes, on the call's device.

        An axis is a letter, or a letter and what is added to it: ``("K", 1)`` is K+1.
        """
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"{self.operation}: {name} must be a torch.Tensor, got {type(value).__name__}")
        if self.device is None:
            self.device = value.device
        pairs = [(axis, 0) if isinstance(axis, str) else axis for axis in axes]
        fits = value.ndim == len(pairs) and all(
            self.sizes.setdefault(letter, size - plus) == size - plus and size >= plus
            for (letter, plus), size in zip(pairs, value.shape, strict=True)
        )
        if not fits or value.dtype not in dtypes or value.device != self.device:
            raise ValueError(
                f"{self.operation}: {name} must be {' or '.join(map(_short, dtypes))} "
                f"[{', '.join(self._axis(*pair) for pair in pairs)}] on {self.device}, "
                f"got {_short(value.dtype)} {list(value.shape)} on {value.device}"
            )

    def choice(self, name: str, value: object, choices: Sequence[str]) -> None:
        """Check that ``value`` is one of ``choices``."""
        if value not in choices:
            raise ValueError(f"{self.operation}: {name} must be one of {', '.join(choices)}, got {value!r}")

    def _axis(self, letter: str, plus: int) -> str:
        label = f"{letter}+{plus}" if plus else letter
        return f"{label}={self.sizes[letter] + plus}" if letter in self.sizes else label


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
