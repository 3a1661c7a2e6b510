"""The CuPy kernels of prefix matching, on a CPU: against the oracles, hostile trees included."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from draftproof import reference
from draftproof.properties.core.case import Case
from draftproof.properties.emulation import driver
from draftproof.properties.inputs import prefix as inputs

cupy_backend = pytest.importorskip("draftproof.optimized.cupy")
kernel = pytest.importorskip("draftproof.optimized.cupy.kernel")
pytestmark = pytest.mark.skipif(driver.unavailable() is not None, reason=str(driver.unavailable()))

SHAPE = {"R": 6, "N": 2000, "M": 60, "C": 1500, "H": 128}
ROWS = {"R": 6, "M": 60, "C": 1500}
FLAGS = ((), ("collisions",), ("full_table", "collisions"), inputs.MATCH_FLAGS)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], driver.Program]:
    """Return the program of a source, built once."""
    built: dict[Path, driver.Program] = {}

    def program(source: Path) -> driver.Program:
        if source not in built:
            folder = tmp_path_factory.mktemp("programs")
            built[source] = driver.Program(source, [source.stem], kernel.ROOT, folder)
        return built[source]

    return program


@pytest.fixture(autouse=True)
def on_the_cpu(programs: Callable[[Path], driver.Program], monkeypatch: pytest.MonkeyPatch) -> None:
    """Launch on the CPU."""

    def launch(self: Any, device: torch.device, blocks: int, *args: np.ndarray) -> None:
        assert device.type == "cpu"
        programs(self.source).launch(self.name, blocks, self.threads, args, seed=blocks)

    monkeypatch.setattr(kernel.Kernel, "launch", launch)


def inside(array: np.ndarray) -> torch.Tensor:
    """Return an equal tensor with gaps between its elements and around it."""
    room = torch.full([2 * size + 3 for size in array.shape], 7, dtype=torch.from_numpy(array).dtype)
    view = room[tuple(slice(1, 1 + 2 * size, 2) for size in array.shape)]
    view.copy_(torch.from_numpy(array))
    return view


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("tree", ["bushy", "deep"])
@pytest.mark.parametrize("page_size", [1, 2, 16, 33])
def test_match_prefixes(page_size: int, tree: str, flags: tuple[str, ...]) -> None:
    options = {"tree": tree, "tokens": "small", "lengths": "ragged"}
    for seed in range(4):
        case = Case(
            "match_prefixes", {**SHAPE, "page_size": page_size}, "int32", options, seed, frozenset(flags)
        )
        arrays = {name: np.asarray(array) for name, array in inputs.match_prefixes(case).items()}
        expected = reference.match_prefixes(**arrays, page_size=page_size)
        for placed in (torch.from_numpy, inside):
            tensors = {name: placed(array) for name, array in arrays.items()}
            got = cupy_backend.match_prefixes(**tensors, page_size=page_size)
            for mine, theirs in zip(got, expected, strict=True):
                np.testing.assert_array_equal(mine.numpy(), theirs)


@pytest.mark.parametrize("flags", [(), inputs.FILL_FLAGS])
@pytest.mark.parametrize("width", [0, 7, 300])
@pytest.mark.parametrize("page_size", [1, 2, 16, 33])
def test_fill_block_tables(page_size: int, width: int, flags: tuple[str, ...]) -> None:
    options = {"tree": "bushy", "lengths": "ragged"}
    for seed in range(4):
        shape = {**ROWS, "page_size": page_size, "width": width}
        case = Case("fill_block_tables", shape, "int32", options, seed, frozenset(flags))
        arrays = {name: np.asarray(array) for name, array in inputs.fill_block_tables(case).items()}
        expected = reference.fill_block_tables(**arrays, page_size=page_size, width=width)
        for placed in (torch.from_numpy, inside):
            tensors = {name: placed(array) for name, array in arrays.items()}
            got = cupy_backend.fill_block_tables(**tensors, page_size=page_size, width=width)
            for mine, theirs in zip(got, expected, strict=True):
                np.testing.assert_array_equal(mine.numpy(), theirs)
