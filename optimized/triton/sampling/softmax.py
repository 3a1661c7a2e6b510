# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls
"""Probabilities from logits, in Triton: softmax with float32 output.

Bytes to move: each logit once, each probability once. A row is longer than what one multiprocessor
can hold, so it is read twice, the second time as far as possible from the L2 cache:

    _reduce_tiles   one program per tile: m = max l and s = sum exp(l - m)
    _normalise      one program per tile of the output: combines the row's pairs (m, s), the sum in
                    float64, and writes exp(l - M) / S. It walks the batch backwards, because what
                    was read last is still in the cache.

The pairs are scratch of 8 bytes per tile, written before they are read.
"""

import torch
import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait

from draftproof.optimized.signatures.implement import implements
from draftproof.optimized.triton.launch import aligned, contiguous_rows, kernel, require
from draftproof.optimized.triton.row import lanes_of, load_lanes

LANES = 2048
OUT_LANES = 2048
PAIRS = 256

LOG2_E = tl.constexpr(1.4426950216293335)
LOG2_E_LOW = tl.constexpr(1.9259629911266175e-8)
LN_2 = tl.constexpr(0.6931471805599453)
# exp below this is 0 in float32; it keeps infinities out of the arithmetic.
LOWEST = tl.constexpr(-200.0)


@triton.jit
def _weight(x, highest):
    """exp(x - highest) to about one unit in the last place: 1 at the highest, 0 at -inf."""
    equal = x == highest  # where infinity - infinity would be NaN
    d = tl.maximum(tl.where(equal, 0.0, x) - tl.where(equal, 0.0, highest), LOWEST)
    scaled = d * LOG2_E
    # What the product lost, which the fast base-2 exponential would multiply by |d|.
    lost = tl.fma(d, LOG2_E, -scaled) + d * LOG2_E_LOW
    power = tl.exp2(scaled)
    return tl.where(x == -float("inf"), 0.0, tl.fma(power, lost * LN_2, power))


@triton.jit
def _load(row, begin, vocabulary, ALIGNED: tl.constexpr, LANES: tl.constexpr):
    """Logits in float32 with NaN as -inf."""
    x = load_lanes(row, begin, vocabulary, -float("inf"), ALIGNED, LANES).to(tl.float32)
    return tl.where(x == x, x, -float("inf"))


@kernel(
    pointers={"logits": "logit", "pairs": "fp32"},
    types={"logit": ("fp32", "fp16", "bf16")},
    constants={"ALIGNED": (False, True), "LANES": (LANES,)},
    warps=4,
)
def _reduce_tiles(
    logits,
    pairs,
    stride_b: tl.int64,
    vocabulary: tl.int32,
    tiles: tl.int32,
    ALIGNED: tl.constexpr,
    LANES: tl.constexpr,
    OVERLAP: tl.constexpr,
):
    """Write pairs float32 [B, 2, tiles]: each tile's maximum and its sum of exp(l - maximum)."""
    if OVERLAP:
        gdc_launch_dependents()
    program = tl.program_id(0).to(tl.int64)
    request = program // tiles
    tile = program % tiles
    x = _load(logits + request * stride_b, tile * LANES, vocabulary, ALIGNED, LANES)
    highest = tl.max(x, 0)
    out = pairs + request * 2 * tiles + tile
    tl.store(out, highest)
    tl.store(out + tiles, tl.sum(_weight(x, highest), 0))


@kernel(
    pointers={"logits": "logit", "pairs": "fp32", "probs": "fp32"},
    types={"logit": ("fp32", "fp16", "bf16")},
    constants={"ALIGNED": (False, True), "LANES": (OUT_LANES,), "PAIRS": (PAIRS,)},
    warps=4,
    follows=True,
)
def _normalise(
    logits,
    pairs,
    probs,
    stride_b: tl.int64,
    requests: tl.int64,
    vocabulary: tl.int32,
    tiles: tl.int32,
    out_tiles: tl.int32,
    ALIGNED: tl.constexpr,
    LANES: tl.constexpr,
    PAIRS: tl.constexpr,
    OVERLAP: tl.constexpr,
):
    """Write probs float32 [B, V] from the pairs of ``_reduce_tiles``."""
    program = requests * out_tiles - 1 - tl.program_id(0)
    request = program // out_tiles
    begin = (program % out_tiles) * LANES
    x = _load(logits + request * stride_b, begin, vocabulary, ALIGNED, LANES)
    if OVERLAP:
        gdc_wait()
    of_row = pairs + request * 2 * tiles
    t = tl.arange(0, PAIRS)
    highest = tl.max(tl.load(of_row + t, mask=t < tiles, other=-float("inf")), 0)
    for first in range(PAIRS, tiles, PAIRS):
        more = tl.load(of_row + first + t, mask=first + t < tiles, other=-float("inf"))
        highest = tl.maximum(highest, tl.max(more, 0))
    total = tl.zeros([PAIRS], tl.float64)
    for first in range(0, tiles, PAIRS):
        maxima = tl.load(of_row + first + t, mask=first + t < tiles, other=-float("inf"))
        sums = tl.load(of_row + tiles + first + t, mask=first + t < tiles, other=0.0)
        total += (_weight(maxima, highest) * sums).to(tl.float64)
    # A row without a finite logit has no mass: its weights are 0, and so is 0 / 1.
    inverse = 1.0 / tl.maximum(tl.sum(total, 0), 1.0)
    high = inverse.to(tl.float32)
    low = (inverse - high.to(tl.float64)).to(tl.float32)
    weights = _weight(x, highest)
    y = tl.fma(weights, high, weights * low)

    pointers, inside = lanes_of(probs + request * vocabulary, begin, vocabulary, ALIGNED, LANES)
    tl.store(pointers, y, mask=inside)


@implements
def softmax(logits: torch.Tensor, out: torch.Tensor, B: int, V: int) -> None:
    """Return the softmax of each row: float32 [B, V] from float32, float16 or bfloat16 [B, V], any strides.

    -inf and NaN give exactly 0, +inf logits share the mass, a row without finite logits is 0.
    """
    logits, device = contiguous_rows(logits), logits.device
    require("softmax", device)
    # The order of a sum follows from the width of the loads, so that must follow from V alone: any view
    # of a row gives the same bits, a misaligned one at the price of a copy.
    whole_words = V * logits.element_size() % 16 == 0
    if whole_words and not aligned(logits):
        logits = logits.clone(memory_format=torch.contiguous_format)
    if out.numel():
        tiles, out_tiles = triton.cdiv(V, LANES), triton.cdiv(V, OUT_LANES)
        rows = {
            "logits": logits,
            "pairs": torch.empty((B, 2, tiles), dtype=torch.float32, device=device),
            "stride_b": logits.stride(0),
            "vocabulary": V,
            "tiles": tiles,
            "ALIGNED": whole_words,
        }
        _reduce_tiles.launch(B * tiles, device, **rows, LANES=LANES)
        _normalise.launch(
            B * out_tiles,
            device,
            **rows,
            probs=out,
            requests=B,
            out_tiles=out_tiles,
            LANES=OUT_LANES,
            PAIRS=PAIRS,
        )
