"""Triton's interpreter, made several times faster: a program's time is what an interpreted launch costs.

Where a kernel brings its own combine function, the interpreter of Triton 3.x walks over the elements one
by one, in Python: of a verified chain's time that is three quarters. Here neighbours are combined in
pairs, all pairs at once, as a GPU does, so the sums are also rounded in a tree as they are there. And it
prepares Triton's language anew at each call of a device function: a third of what is left.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


def quicken() -> None:
    """Change the interpreter of this process; one with other inner parts is left as it is."""
    from triton.runtime import interpreter

    if hasattr(getattr(interpreter, "ReduceOps", None), "generic_reduce"):
        interpreter.ReduceOps.generic_reduce = _reduce
    if hasattr(getattr(interpreter, "ScanOps", None), "generic_scan"):
        interpreter.ScanOps.generic_scan = _scan
    if hasattr(interpreter, "_patch_lang") and hasattr(interpreter, "_LangPatchScope"):
        interpreter._patch_lang = _once(interpreter, interpreter._patch_lang)


def _once(interpreter: Any, prepare: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Leave out preparing the language for a device function where its caller's launch has done it."""
    if hasattr(prepare, "left_out"):
        return prepare
    core = interpreter.tl.core

    def prepared(function: Any) -> Any:
        languages = [each for each in function.__globals__.values() if each is core or each is interpreter.tl]
        if languages and not any(core.is_builtin(language.load) for language in languages):
            return interpreter._LangPatchScope()
        return prepare(function)

    vars(prepared)["left_out"] = True
    return prepared


def _reduce(operation: Any, inputs: tuple[Any, ...]) -> list[Any]:
    """Reduce tensors of one shape together along ``operation.axis``; None means all axes."""
    axis, shape = operation.axis, inputs[0].handle.data.shape
    blocks = [tensor.handle.data for tensor in inputs]
    blocks = [block.ravel() if axis is None else np.moveaxis(block, axis, -1) for block in blocks]
    while blocks[0].shape[-1] > 1:
        left, right = [b[..., 0::2] for b in blocks], [b[..., 1::2] for b in blocks]
        blocks = _combined(operation, inputs, left, right)
    totals = [block[..., 0] for block in blocks]
    if operation.keep_dims:
        kept = [1] * len(shape) if axis is None else [*shape[:axis], 1, *shape[axis + 1 :]]
        totals = [total.reshape(kept) for total in totals]
    return [operation.to_tensor(total, tensor.dtype) for total, tensor in zip(totals, inputs, strict=True)]


def _scan(operation: Any, inputs: tuple[Any, ...]) -> list[Any]:
    """Combine every element with all before it along ``operation.axis``: tensors of the same shape."""
    blocks = [np.moveaxis(tensor.handle.data, operation.axis, -1) for tensor in inputs]
    step = 1
    while step < blocks[0].shape[-1]:
        # Sizes are powers of 2: whole blocks are combined, and the first ``step`` stay as they are.
        before = [np.roll(block, step, axis=-1) for block in blocks]
        reached = _combined(operation, inputs, before, blocks)
        for block, more in zip(blocks, reached, strict=True):
            more[..., :step] = block[..., :step]
        blocks, step = reached, 2 * step
    blocks = [np.moveaxis(block, -1, operation.axis) for block in blocks]
    return [operation.to_tensor(block, tensor.dtype) for block, tensor in zip(blocks, inputs, strict=True)]


def _combined(
    operation: Any, inputs: tuple[Any, ...], left: list[np.ndarray], right: list[np.ndarray]
) -> list[np.ndarray]:
    """Call the combine function once, on blocks instead of scalars; what it returns keeps its dtype."""
    sides = [
        operation.to_tensor(block, tensor.dtype)
        for blocks in (left, right)
        for block, tensor in zip(blocks, inputs, strict=True)
    ]
    answer = operation.combine_fn.fn(*sides)
    answers = answer if isinstance(answer, tuple) else (answer,)
    values = [value.handle.data if hasattr(value, "handle") else value for value in answers]
    return [
        np.broadcast_to(value, block.shape).astype(block.dtype)
        for value, block in zip(values, left, strict=True)
    ]
