"""The emulation itself: what it computes, and that it finds what it is there to find."""

from pathlib import Path

import numpy as np
import pytest

from draftproof.properties.emulation import driver

pytestmark = pytest.mark.skipif(driver.unavailable() is not None, reason=str(driver.unavailable()))

REVERSE = """
extern "C" __global__ void reverse(const int* in, int* out) {
    __shared__ int tile[64];
    tile[threadIdx.x] = in[blockIdx.x * blockDim.x + threadIdx.x];
    BARRIER
    out[blockIdx.x * blockDim.x + threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}
"""
WARP = """
extern "C" __global__ void warp(const int* in, int* sums, unsigned* odd, int* any) {
    int sum = in[threadIdx.x];
    for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_down_sync(~0u, sum, distance);
    if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
    odd[threadIdx.x] = __ballot_sync(~0u, in[threadIdx.x] % 2);
    any[threadIdx.x] = __syncthreads_or(in[threadIdx.x] == 63);
}
"""


def build(text: str, name: str, folder: Path) -> driver.Program:
    source = folder / f"{name}.cu"
    source.write_text(text)
    return driver.Program(source, [name], folder, folder)


def reverse(program: driver.Program, seed: int) -> np.ndarray:
    given, out = np.arange(192, dtype=np.int32), np.empty(192, dtype=np.int32)
    program.launch("reverse", 3, 64, [np.uint64(given.ctypes.data), np.uint64(out.ctypes.data)], seed)
    return out


def test_blocks_barriers_and_shared_memory(tmp_path: Path) -> None:
    program = build(REVERSE.replace("BARRIER", "__syncthreads();"), "reverse", tmp_path)
    expected = np.arange(192).reshape(3, 64)[:, ::-1].ravel()
    for seed in range(5):
        np.testing.assert_array_equal(reverse(program, seed), expected)


def test_a_missing_barrier_shows(tmp_path: Path) -> None:
    program = build(REVERSE.replace("BARRIER", ""), "reverse", tmp_path)
    answers = {reverse(program, seed).tobytes() for seed in range(5)}
    assert len(answers) > 1


def test_a_barrier_that_some_threads_skip_is_a_deadlock(tmp_path: Path) -> None:
    program = build(REVERSE.replace("BARRIER", "if (threadIdx.x < 9) __syncthreads();"), "reverse", tmp_path)
    with pytest.raises(driver.DeadlockError, match="never reach"):
        reverse(program, 0)


def test_shuffles_and_ballots(tmp_path: Path) -> None:
    program = build(WARP, "warp", tmp_path)
    given = np.arange(64, dtype=np.int32)
    sums, odd, any_ = np.empty(2, np.int32), np.empty(64, np.uint32), np.empty(64, np.int32)
    args = [np.uint64(array.ctypes.data) for array in (given, sums, odd, any_)]
    program.launch("warp", 1, 64, args)
    assert sums.tolist() == [given[:32].sum(), given[32:].sum()]
    assert set(odd.tolist()) == {0xAAAAAAAA}
    assert any_.all()


def test_a_source_that_does_not_compile_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="nonsense"):
        build("nonsense;", "reverse", tmp_path)
