"""Tensors as the kernels receive them: the structures of ``views.cuh``, filled in."""

from typing import overload

import numpy as np
import torch


@overload
def dense_rows(tensor: torch.Tensor) -> torch.Tensor: ...
@overload
def dense_rows(tensor: None) -> None: ...
def dense_rows(tensor: torch.Tensor | None) -> torch.Tensor | None:
    """Return the tensor, copied if the elements of its last axis are not side by side.

    The caller keeps the copy until it has launched: a view holds an address, not the tensor.
    """
    if tensor is None or tensor.shape[-1] <= 1 or tensor.stride(-1) == 1:
        return tensor
    return tensor.contiguous()


def view(tensor: torch.Tensor | None, rank: int) -> np.ndarray:
    """Return ``View<T, rank>``: address and strides, with a null address for None."""
    packed = np.zeros(1, dtype=[("data", np.uint64), ("strides", np.int64, (rank,))])
    if tensor is not None:
        packed["data"], packed["strides"] = tensor.data_ptr(), tensor.stride()
    return packed


def uniforms_view(tensor: torch.Tensor) -> np.ndarray:
    """Return ``Uniforms<rank>``: address, strides and the bytes of one element."""
    packed = np.zeros(
        1, dtype=[("data", np.uint64), ("strides", np.int64, (tensor.ndim,)), ("bytes", np.int64)]
    )
    packed["data"], packed["strides"], packed["bytes"] = (
        tensor.data_ptr(),
        tensor.stride(),
        tensor.element_size(),
    )
    return packed


def address(tensor: torch.Tensor) -> np.uint64:
    """Return the address of a contiguous output."""
    return np.uint64(tensor.data_ptr())
