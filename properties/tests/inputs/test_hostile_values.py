"""Values that public kernels get wrong are among the inputs: each slip here is rejected by the cheap laws."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from draftproof.properties.contracts import FUNCTIONS
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.faults.hunt import DEAR, hunt, kill_order
from draftproof.properties.mutants.base.chain import Request, Verifier
from draftproof.properties.mutants.base.greedy import GreedyVerifier
from draftproof.properties.mutants.base.sampling import Sampler, Softmax, Uniforms, mass
from draftproof.reference import Sampled, Status, Verified, vector_add
from draftproof.reference.speculative.verify_chain import one_hot

# A wrong implementation may well overflow, and so does a right one.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


class SeedZeroIsNone(Uniforms):
    def key(self, seeds: np.ndarray, b: int) -> int:
        return super().key(seeds, b) or 12345


class SeedOf63Bits(Uniforms):
    def key(self, seeds: np.ndarray, b: int) -> int:
        return abs(int(seeds[b])) % 2**64


class CarryLostInARun(Uniforms):
    def number(self, offset: int, j: int) -> int:
        return offset % 2**64 // 2**34 * 2**34 + (offset + j) % 2**34


class OneStreamPerSeed(Uniforms):
    """The first request with a seed decides where its stream starts."""

    def __call__(self, seeds: np.ndarray, offsets: np.ndarray, *, count: int) -> np.ndarray:
        starts: dict[int, int] = {}
        first = [
            starts.setdefault(int(seed), int(offset)) for seed, offset in zip(seeds, offsets, strict=True)
        ]
        return super().__call__(seeds, np.array(first, np.int64), count=count)


class RunningMaximumFrom(Softmax):
    """The maximum starts at a number that was thought to be low enough."""

    def __init__(self, lowest: float) -> None:
        self.lowest = np.float32(lowest)

    def weights(self, row: np.ndarray, highest: np.float32) -> np.ndarray:
        return np.exp(row - max(highest, self.lowest))

    def total(self, row: np.ndarray, highest: np.float32, rows: int) -> np.float32:
        return max(super().total(row, max(highest, self.lowest), rows), np.float32(1e-30))


class LogitsClamped(Softmax):
    def weights(self, row: np.ndarray, highest: np.float32) -> np.ndarray:
        return np.exp(np.clip(row, -65504, 65504) - np.clip(highest, -65504, 65504))


class LowestIsMasked(Softmax):
    def __call__(self, logits: np.ndarray) -> np.ndarray:
        return super().__call__(np.where(logits < -1e30, -np.inf, logits))


class NothingBehindTheToken(Sampler):
    """NaNs are looked for as far as the sum ran until the token was found."""

    def __call__(self, probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
        tokens, _ = super().__call__(probs, uniforms)
        read = [row[: token + 1] if token >= 0 else row for row, token in zip(probs, tokens, strict=True)]
        seen = [not np.isfinite(values).all() for values in read]
        status = Status.DEGENERATE * (tokens < 0) + Status.NAN_SEEN * np.array(seen, bool)
        return Sampled(tokens, status.astype(np.int32))


class SubnormalFlushed(Sampler):
    """Tokens, not rows, of subnormal probability are lost."""

    def __call__(self, probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
        small = (probs > 0) & (probs < 2.0**-126) & ((probs >= 2.0**-126).any(-1, keepdims=True))
        return super().__call__(np.where(small, np.nan, probs), uniforms)


class TieTakesTheLower(Sampler):
    def draw(self, weights: np.ndarray, uniform: np.floating) -> int:
        cdf = np.cumsum(weights)
        with_mass = np.flatnonzero(weights > 0)
        beyond = with_mass[cdf[with_mass] >= float(uniform) * cdf[-1]] if with_mass.size else with_mass
        return int(beyond[0]) if beyond.size else super().draw(weights, uniform)


class EqualRowsDrawOnce(Sampler):
    def __call__(self, probs: np.ndarray, uniforms: np.ndarray) -> Sampled:
        first = [
            next(a for a in range(b + 1) if (probs[a] == probs[b]).all() or a == b) for b in range(len(probs))
        ]
        return Sampled(*(result[first] for result in super().__call__(probs, uniforms)))


class TieAccepts(Verifier):
    def accepts(self, uniform: float, q: float, p: float) -> bool:
        return p > 0 and uniform * q <= p


class LastOfTheWidth(Verifier):
    """The block rule's h is P at position K, not at the request's own last draft."""

    def passes(self, request: Request, i: int, rates: list[float]) -> float:
        if i == len(request.accept):
            return rates[i]
        excess = (
            float(np.maximum(rates[i] * request.p_row(i) - request.q_row(i), 0.0).sum())
            if i < len(request.q)
            else 0.0
        )
        return 1.0 if excess + 1.0 - rates[i] == 0 else excess / (excess + 1.0 - rates[i])


class DraftNotFiniteRejected(Verifier):
    def draft_rows(self, drafts: np.ndarray, q: np.ndarray | None, p: np.ndarray) -> np.ndarray:
        if q is None:
            return one_hot(drafts, p.shape[-1])
        rows = mass(q)
        for i, x in enumerate(drafts):
            if not np.isfinite(q[i, x]):
                rows[i, x] = 1e30
        return rows


class NothingDraftedRaises(GreedyVerifier):
    def __call__(
        self, draft_tokens: np.ndarray, draft_lengths: np.ndarray | None, target_tokens: np.ndarray
    ) -> Verified:
        if not draft_tokens.shape[1]:
            raise IndexError("draft_tokens[:, 0]")
        return super().__call__(draft_tokens, draft_lengths, target_tokens)


class IdsCompared(GreedyVerifier):
    def __init__(self, dtype: type) -> None:
        self.dtype = dtype

    def accepted(self, drafts: np.ndarray, targets: np.ndarray) -> int:
        return super().accepted(drafts.astype(self.dtype), targets.astype(self.dtype))


def zero_loses_its_sign(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return vector_add(a, b) + np.float32(0.0)


SLIPS: dict[str, tuple[str, Callable[..., Any]]] = {
    "seed 0 taken for none": ("uniforms", SeedZeroIsNone()),
    "negative seeds folded": ("uniforms", SeedOf63Bits()),
    "a carry lost inside a run": ("uniforms", CarryLostInARun()),
    "one stream per seed": ("uniforms", OneStreamPerSeed()),
    "a maximum from -10,000": ("softmax", RunningMaximumFrom(-1e4)),
    "a maximum from -1e9": ("softmax", RunningMaximumFrom(-1e9)),
    "logits clamped to half's range": ("softmax", LogitsClamped()),
    "the lowest number taken for a mask": ("softmax", LowestIsMasked()),
    "a NaN behind the token": ("sample", NothingBehindTheToken()),
    "subnormal tokens said to be NaN": ("sample", SubnormalFlushed()),
    "cdf >= u * total": ("sample", TieTakesTheLower()),
    "equal rows draw once": ("sample", EqualRowsDrawOnce()),
    "u q <= p": ("verify_chain", TieAccepts()),
    "h = P at position K": ("verify_chain", LastOfTheWidth()),
    "q(x) = NaN rejects": ("verify_chain", DraftNotFiniteRejected()),
    "nothing drafted raises": ("verify_chain_greedy", NothingDraftedRaises()),
    "ids compared in float32": ("verify_chain_greedy", IdsCompared(np.float32)),
    "ids compared in 16 bits": ("verify_chain_greedy", IdsCompared(np.int16)),
    "-0 becomes 0": ("vector_add", zero_loses_its_sign),
}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_rejected(slip: str, seed: int) -> None:
    operation, implementation = SLIPS[slip]
    checks = [
        check for check in kill_order(operation, "numpy", "standard", seed) if check.law.name not in DEAR
    ]
    assert hunt(FunctionSubject(FUNCTIONS[operation], implementation, "numpy"), checks) is not None
