"""Arrays between two processes: raw bytes in a file whose size the judge fixes.

All memory that an argument is a part of travels, guard zones included, and comes back after the call: so
strides, overlaps and what is written outside are as they would be in one process. What comes back is read as
bytes, never mapped: a file that the other end has cut is an error, and no end of the judge.
"""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from draftproof.axes import Axis
from draftproof.conformance.running.channel import ForeignMessageError
from draftproof.properties.core.contract import FunctionContract

LINE = 64
"""Bytes to which regions are aligned; what lies beside it keeps its distance."""

UNKNOWN = 2**20
"""Bytes for a result whose size no argument tells."""

DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "bool"),
    *("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"),
)
"""What a result may consist of."""

MOST_RESULTS, MOST_AXES = 8, 8


class Sheet:
    """The file, as the judge sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._roots: dict[tuple[int, int], tuple[int, np.ndarray]] = {}
        """By address and length: where a buffer lies in the file, and the buffer."""

    def write(self, contract: FunctionContract, placed: Mapping[str, Any]) -> dict[str, Any]:
        """Write what the arguments are parts of; return where each lies, and the room for results.

        TypeError for what is no array: it cannot be sent.
        """
        self._roots, end = {}, 0
        arguments: dict[str, Any] = {}
        for name, value in placed.items():
            if value is None:
                arguments[name] = None
                continue
            array, dtype = _as_numpy(name, value)
            root = _find_root(value)
            address = root.__array_interface__["data"][0]
            key = address, root.nbytes
            if key not in self._roots:
                begin = -(-end // LINE) * LINE + address % LINE
                self._roots[key] = begin, root
                end = begin + root.nbytes
            begin = self._roots[key][0]
            arguments[name] = {
                "root": [begin, root.nbytes],
                "offset": begin + array.__array_interface__["data"][0] - address,
                "shape": list(array.shape),
                "strides": list(array.strides),
                "dtype": dtype,
                "writeable": bool(array.flags.writeable),
            }
        begin = -(-end // LINE) * LINE
        room = _measure_results(contract, placed)
        os.ftruncate(self._file, begin + room)
        for offset, root in self._roots.values():
            os.pwrite(self._file, root.tobytes(), offset)
        return {"file": str(self.path), "arguments": arguments, "results": [begin, room]}

    def read(self, words: Any, results: Sequence[int]) -> list[tuple[np.ndarray, str]]:
        """Read the results that the other end describes, with their dtypes, and what it has written.

        ForeignMessageError if what it says or has left there is nothing of the kind.
        """
        if not isinstance(words, list) or len(words) > MOST_RESULTS:
            raise ForeignMessageError(f"at most {MOST_RESULTS} results were expected")
        for offset, root in self._roots.values():
            if root.flags.writeable:
                root[:] = np.frombuffer(self._bytes(offset, root.nbytes), np.uint8)
        offset, room = results
        found = []
        for described in words:
            shape, dtype = _describe(described)
            stored = np.dtype("int16" if dtype == "bfloat16" else dtype)
            size = math.prod(shape) * stored.itemsize
            if size > room:
                raise ForeignMessageError(f"results of at most {results[1]} bytes were expected")
            found.append((np.frombuffer(self._bytes(offset, size), stored).reshape(shape).copy(), dtype))
            step = -(-size // LINE) * LINE
            offset, room = offset + step, room - step
        return found

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _bytes(self, offset: int, size: int) -> bytes:
        data = os.pread(self._file, size, offset)
        if len(data) != size:
            raise ForeignMessageError("the file that is shared was cut")
        return data


def _as_numpy(name: str, value: Any) -> tuple[np.ndarray, str]:
    """Return a view of an array or a tensor on the processor, and the name of its dtype."""
    if isinstance(value, np.ndarray):
        return value, value.dtype.name
    if not hasattr(value, "untyped_storage"):
        raise TypeError(f"{name} must be an array, got {type(value).__name__}")
    import torch

    dtype = str(value.dtype).removeprefix("torch.")
    return (value.view(torch.int16) if dtype == "bfloat16" else value).numpy(), dtype


def _find_root(value: Any) -> np.ndarray:
    """Return all the memory that an array or a tensor is a part of, as bytes."""
    if isinstance(value, np.ndarray):
        owner: Any = value
        while getattr(owner, "base", None) is not None:
            owner = owner.base
        if isinstance(owner, np.ndarray):
            return owner.ravel(order="K").view(np.uint8)
        return np.frombuffer(owner, np.uint8)
    import torch

    # Not torch.empty: a law may look at what that hands out.
    return torch.tensor([], dtype=torch.uint8).set_(value.untyped_storage()).numpy()


def _measure_results(contract: FunctionContract, placed: Mapping[str, Any]) -> int:
    """Return the bytes that results of the shapes in the contract take, the widest dtype supposed."""
    sizes: dict[str, int] = {}
    for argument in contract.arguments:
        value = placed.get(argument.name)
        if value is not None:
            for axis, size in zip(argument.axes, value.shape, strict=False):
                Axis.parse(axis).learn(size, sizes)
    room = 0
    for output in contract.outputs:
        known = [Axis.parse(axis).size(sizes) for axis in output.axes]
        elements = math.prod(size for size in known if size is not None)
        room += LINE + (8 * elements if None not in known else max(UNKNOWN, 8 * elements))
    return room + UNKNOWN


def _describe(words: Any) -> tuple[list[int], str]:
    if not isinstance(words, dict) or words.keys() != {"shape", "dtype"} or words["dtype"] not in DTYPES:
        raise ForeignMessageError(f"results of the dtypes {', '.join(DTYPES)} were expected")
    shape = words["shape"]
    right = isinstance(shape, list) and len(shape) <= MOST_AXES
    if not right or not all(type(size) is int and 0 <= size < 2**40 for size in shape):
        raise ForeignMessageError("a result's shape was expected")
    return shape, words["dtype"]
