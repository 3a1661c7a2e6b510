"""The CuPy backend, kernels and entry points, on a CPU: against the oracles, at small shapes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from draftproof import reference
from draftproof.properties.emulation import driver
from draftproof.reference.status import Status

cupy_backend = pytest.importorskip("draftproof.optimized.cupy")
kernel = pytest.importorskip("draftproof.optimized.cupy.kernel")
pytestmark = pytest.mark.skipif(driver.unavailable() is not None, reason=str(driver.unavailable()))

KERNELS = {"softmax": ("softmax_float32", "softmax_float16", "softmax_bfloat16")}
Rule = Literal["token", "block"]
BARRIER = "__syncthreads();"
SIZES = (1, 2, 31, 32, 33, 1023, 1024, 1025, 2100)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], driver.Program]:
    """Return the program of a source, built once."""
    built: dict[Path, driver.Program] = {}

    def program(source: Path) -> driver.Program:
        if source not in built:
            names = KERNELS.get(source.stem, (source.stem,))
            built[source] = driver.Program(source, names, kernel.ROOT, tmp_path_factory.mktemp("programs"))
        return built[source]

    return program


@pytest.fixture(autouse=True)
def seed(programs: Callable[[Path], driver.Program], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Launch on the CPU; what the returned list holds decides the order of the threads."""
    order = [0]

    def launch(self: Any, device: torch.device, blocks: int, *args: np.ndarray) -> None:
        assert device.type == "cpu"
        programs(self.source).launch(self.name, blocks, self.threads, args, order[0])

    monkeypatch.setattr(kernel.Kernel, "launch", launch)
    return order


def chains(B: int, K: int, V: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> list[torch.Tensor]:
    """Return drafts drawn from q, q near p, and uniforms: the arguments of verify_chain but lengths."""
    draw = torch.Generator().manual_seed(seed)
    logits = torch.randn(B, K + 1, V, generator=draw)
    q = (logits[:, :K] + 0.7 * torch.randn(B, K, V, generator=draw)).softmax(-1)
    drafts = torch.multinomial(q.reshape(-1, V), 1, generator=draw) if B * K else torch.zeros(0)
    uniforms = torch.rand(B, K + 1, generator=draw, dtype=dtype)
    return [drafts.reshape(B, K).int(), q, logits.softmax(-1), uniforms[:, :K], uniforms[:, K]]


def inside(tensor: torch.Tensor, fill: float) -> torch.Tensor:
    """Return an equal tensor with gaps between its elements and around it, full of ``fill``."""
    room = torch.full([2 * size + 3 for size in tensor.shape], fill, dtype=tensor.dtype)
    view = room[tuple(slice(1, 1 + 2 * size, 2) for size in tensor.shape)]
    view.copy_(tensor)
    return view


def agrees(got: tuple[torch.Tensor, ...], expected: tuple[np.ndarray, ...]) -> None:
    for mine, theirs in zip(got, expected, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs)


def verify(
    drafts: torch.Tensor,
    lengths: torch.Tensor | None,
    q: torch.Tensor | None,
    *rest: torch.Tensor,
    rule: Rule,
) -> tuple[tuple[torch.Tensor, ...], tuple[np.ndarray, ...]]:
    """Return the backend's answer and the oracle's."""
    got = cupy_backend.verify_chain(drafts, lengths, q, *rest, rule=rule)
    expected = reference.verify_chain(
        drafts.numpy(),
        None if lengths is None else lengths.numpy(),
        None if q is None else q.numpy(),
        *(tensor.double().numpy() for tensor in rest),  # NumPy compares float32 with float64 in float32
        rule=rule,
    )
    return got, expected


@pytest.mark.parametrize("rule", ["token", "block"])
@pytest.mark.parametrize("V", SIZES)
def test_chain_at_every_size(rule: Rule, V: int) -> None:
    for dtype in (torch.float32, torch.float64):
        drafts, q, *rest = chains(3, 3, V, dtype, seed=V)
        agrees(*verify(drafts, None, q, *rest, rule=rule))
        agrees(*verify(drafts, None, None, *rest, rule=rule))


@pytest.mark.parametrize("rule", ["token", "block"])
@pytest.mark.parametrize(("B", "K"), [(0, 3), (2, 0), (0, 0), (12, 5), (1, 70)])
def test_chain_at_every_width(rule: Rule, B: int, K: int) -> None:
    drafts, q, *rest = chains(B, K, 64, seed=K)
    agrees(*verify(drafts, None, q, *rest, rule=rule))


@pytest.mark.parametrize("rule", ["token", "block"])
def test_chain_reads_nothing_outside_its_views(rule: Rule) -> None:
    drafts, q, p, accept, last = chains(4, 4, 40)
    lengths = torch.tensor([4, 2, 0, 3], dtype=torch.int32)
    views = [inside(t, torch.nan) for t in (q, p, accept, last)]
    got, expected = verify(inside(drafts, 7), inside(lengths, 9), *views, rule=rule)
    agrees(got, expected)
    assert not got[2].any()


@pytest.mark.parametrize("rule", ["token", "block"])
def test_chain_with_hostile_ids_and_lengths(rule: Rule) -> None:
    drafts, q, *rest = chains(8, 4, 40, seed=1)
    rows = torch.arange(8)
    drafts[rows, rows % 4] = torch.tensor([-1, 40, 41, 2**31 - 1, -(2**31), 40, -7, 2**30], dtype=torch.int32)
    for lengths in (None, torch.tensor([0, 1, 2, 3, 4, 5, -1, 2**31 - 1], dtype=torch.int32)):
        agrees(*verify(drafts, lengths, inside(q, torch.nan), *rest, rule=rule))


@pytest.mark.parametrize("with_q", [True, False])
@pytest.mark.parametrize("rule", ["token", "block"])
@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf, -0.5, 0.0, 1e-41])
def test_chain_with_hostile_probabilities(rule: Rule, value: float, with_q: bool) -> None:
    draw = np.random.default_rng(3)
    drafts, q, p, *rest = chains(10, 3, 12, seed=2)
    for rows in (q, p):
        rows[torch.from_numpy(draw.random(rows.shape) < 0.1)] = value
    p[0], q[1], p[2], q[2] = value, value, value, value
    got, expected = verify(drafts, None, q if with_q else None, p, *rest, rule=rule)
    if rule == "block":  # rows that cannot pass are left unread
        assert not (got[2].numpy() & ~expected[2] & Status.NAN_SEEN).any()
        got, expected = (*got[:2], got[2] & ~Status.NAN_SEEN), (*expected[:2], expected[2] & ~Status.NAN_SEEN)
    agrees(got, expected)


@pytest.mark.parametrize("rule", ["token", "block"])
def test_an_empty_residual_falls_back_to_the_target(rule: Rule) -> None:
    drafts, _, p, accept, last = chains(6, 2, 20, seed=5)
    agrees(*verify(drafts, None, p[:, :2].clone(), p, torch.ones_like(accept), last, rule=rule))


@pytest.mark.parametrize("with_q", [True, False])
@pytest.mark.parametrize("rule", ["token", "block"])
@pytest.mark.parametrize("V", [3, 1100])
def test_a_row_without_mass_ends_the_chain(V: int, rule: Rule, with_q: bool) -> None:
    drafts, q, p, accept, last = chains(40, 3, V, seed=9)
    rows = torch.arange(40)
    p[rows, rows % 4] = 0.0
    got, expected = verify(drafts, None, q if with_q else None, p, accept / V, last, rule=rule)
    agrees(got, expected)
    assert (expected[1] > 0).any()
    assert (expected[2] == Status.DEGENERATE).any()


@pytest.mark.parametrize("rule", ["token", "block"])
def test_a_request_does_not_depend_on_its_batch(rule: Rule) -> None:
    drafts, q, p, accept, last = args = chains(5, 4, 1500, seed=6)
    whole = cupy_backend.verify_chain(drafts, None, q, p, accept, last, rule=rule)
    order = torch.tensor([3, 1, 4, 0, 2])
    permuted = [arg[order] for arg in args]
    moved = cupy_backend.verify_chain(permuted[0], None, *permuted[1:], rule=rule)
    alone = []
    for b in range(5):
        mine = [arg[b : b + 1] for arg in args]
        alone.append(cupy_backend.verify_chain(mine[0], None, *mine[1:], rule=rule))
    for field in range(3):
        assert torch.equal(whole[field][order], moved[field])
        assert torch.equal(whole[field], torch.cat([answer[field] for answer in alone]))


@pytest.mark.parametrize("rule", ["token", "block"])
def test_the_order_of_the_threads_does_not_matter(rule: Rule, seed: list[int]) -> None:
    drafts, q, *rest = chains(3, 4, 1100, seed=7)
    for seed[0] in range(4):
        agrees(*verify(drafts, None, q, *rest, rule=rule))


def test_greedy() -> None:
    draw = np.random.default_rng(8)
    for K in (0, 1, 5, 40):
        targets = torch.from_numpy(draw.integers(-1, 4, (30, K + 1), dtype=np.int32))
        drafts = torch.where(torch.from_numpy(draw.random((30, K)) < 0.9), targets[:, :K], 2)
        lengths = torch.from_numpy(draw.integers(-2, K + 3, 30, dtype=np.int32))
        for given in (None, lengths):
            expected = reference.verify_chain_greedy(
                drafts.numpy(), None if given is None else given.numpy(), targets.numpy()
            )
            agrees(cupy_backend.verify_chain_greedy(drafts, given, targets), expected)
            views = inside(drafts, 3), None if given is None else inside(given, 1), inside(targets, 3)
            agrees(cupy_backend.verify_chain_greedy(*views), expected)


@pytest.mark.parametrize("V", SIZES)
def test_sample(V: int) -> None:
    draw = torch.Generator().manual_seed(V)
    probs = torch.rand(6, V, generator=draw) * (torch.rand(6, V, generator=draw) < 0.5)
    probs[0, V // 2], probs[1], probs[2, V // 2] = torch.nan, 0.0, 1e-41
    for uniforms in (
        torch.rand(6, generator=draw),
        torch.zeros(6),
        torch.full((6,), 1 - 2**-53, dtype=torch.float64),
    ):
        expected = reference.sample(probs.numpy(), uniforms.numpy())
        agrees(cupy_backend.sample(probs, uniforms), expected)
        agrees(cupy_backend.sample(inside(probs, torch.nan), inside(uniforms, 0.5)), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("V", SIZES)
def test_softmax(V: int, dtype: torch.dtype) -> None:
    draw = torch.Generator().manual_seed(V)
    logits = (torch.randn(8, V, generator=draw) * 30).to(dtype)
    logits[0, ::3], logits[1], logits[2, V // 2] = -torch.inf, torch.nan, torch.inf
    logits[3, ::2], logits[4], logits[5] = torch.nan, -torch.inf, torch.finfo(dtype).max
    logits[6, ::2] = torch.finfo(dtype).smallest_normal / 4
    logits[7, 0] = torch.finfo(dtype).min
    expected = reference.softmax(logits.double().numpy())
    for given in (logits, inside(logits, torch.nan)):
        got = cupy_backend.softmax(given).numpy()
        np.testing.assert_allclose(got, expected, rtol=4 * 2.0**-24, atol=2.0**-148)
        assert not got[expected == 0].any()


def test_uniforms_bit_for_bit() -> None:
    seeds = torch.tensor([0, -1, 2**63 - 1, -(2**63), 12345])
    offsets = torch.tensor([0, -1, 2**63 - 3, -(2**63), 2**34 + 2])
    for count in (0, 1, 7, 300):
        expected = reference.uniforms(seeds.numpy(), offsets.numpy(), count)
        np.testing.assert_array_equal(cupy_backend.uniforms(seeds, offsets, count).numpy(), expected)
        got = cupy_backend.uniforms(inside(seeds, 1), inside(offsets, 1), count)
        np.testing.assert_array_equal(got.numpy(), expected)


@pytest.mark.parametrize("N", [0, 1, 255, 256, 257, 1000])
def test_vector_add(N: int) -> None:
    a, b = torch.randn(2, N, generator=torch.Generator().manual_seed(N))
    expected = reference.vector_add(a.numpy(), b.numpy())
    np.testing.assert_array_equal(cupy_backend.vector_add(a, b).numpy(), expected)
    np.testing.assert_array_equal(cupy_backend.vector_add(inside(a, 1.0), inside(b, 1.0)).numpy(), expected)


@pytest.mark.parametrize(
    ("source", "file", "barrier"),
    [
        ("sampling/sample.cu", "distribution.cuh", 0),
        ("sampling/sample.cu", "distribution.cuh", 1),
        ("sampling/softmax.cu", "sampling/softmax.cu", 0),
    ],
)
def test_a_lost_barrier_shows(
    source: str, file: str, barrier: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(kernel.ROOT, tmp_path / "cupy")
    changed = tmp_path / "cupy" / file
    parts = changed.read_text().split(BARRIER)
    parts[barrier : barrier + 2] = [parts[barrier] + parts[barrier + 1]]
    changed.write_text(BARRIER.join(parts))
    name = Path(source).stem.replace("softmax", "softmax_float32")
    program = driver.Program(tmp_path / "cupy" / source, [name], tmp_path / "cupy", tmp_path)

    def launch(self: Any, device: torch.device, blocks: int, *args: np.ndarray) -> None:
        program.launch(name, blocks, self.threads, args, seed=1)

    monkeypatch.setattr(kernel.Kernel, "launch", launch)
    probs = 50 * torch.rand(2, 3000, generator=torch.Generator().manual_seed(9))
    uniforms = torch.tensor([0.3, 0.7])
    try:
        if name == "sample":
            got = cupy_backend.sample(probs, uniforms).tokens
            expected = reference.sample(probs.numpy(), uniforms.numpy()).tokens
        else:
            got = cupy_backend.softmax(probs)
            expected = reference.softmax(probs.numpy())
    except driver.DeadlockError:
        return
    assert not np.allclose(got.numpy(), expected, rtol=1e-3)
