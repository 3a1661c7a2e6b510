"""Tensors as the kernels receive them: the structures of ``views.cuh``, filled in."""

import numpy as np
import torch


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
