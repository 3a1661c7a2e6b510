"""A contract: everything that must hold for one thing under judgement, in one value.

There are three kinds of thing: a function of arrays, an object with calls, and a compiler, which takes
text and gives a value. What they share is ``Contract``; the case list needs no more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from draftproof.axes import Axis
from draftproof.properties.core.batch import EVERY_ARGUMENT, Rows
from draftproof.properties.core.case import Case
from draftproof.properties.core.dimensions import require_coverable
from draftproof.properties.core.promises import STRICT, Leniency
from draftproof.properties.core.verdict import Verdict

if TYPE_CHECKING:
    from draftproof.properties.core.law import Law
    from draftproof.properties.core.probes import CellModel, DrawProbe, EmissionModel

Arrays = dict[str, np.ndarray | None]
"""Arguments or outputs by name; None for an optional argument that is left out."""

KERNELS = ("eager", "triton", "cupy", "cuda")
"""The project's backends that a function is written for, unless its contract says otherwise."""

HOST = ("host",)
"""The backend of native code for the processor."""

ROW_COST = 750.0
"""What making and judging one row takes, in elements: its numbers are counted one by one in Python."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One tensor argument or output."""

    name: str
    axes: tuple[str, ...]
    """As ``draftproof.axes`` reads them: ``"B"``, ``"K+1"``, ``"V/32"``, or ``"D?"`` for what data decide."""
    dtype: str
    """A NumPy dtype name, ``"bfloat16"``, or ``"float"`` for the case's own dtype."""
    meaning: str
    optional: bool = False
    hostile: bool = False
    """Whether the values are untrusted ids or lengths."""
    mutated: bool = False
    """Whether the call writes its answer here (``*_inplace``)."""
    domain: tuple[float, float] | None = None
    """The half-open interval in which callers promise to stay; None: every value has a meaning."""
    largest: float | None = None
    """The largest finite number planted alone, where an option has callers promise rows that sum to 1."""
    without: frozenset[str] = frozenset()
    """Hostile features of which callers promise that no value here has any."""

    @property
    def shape(self) -> str:
        """The shape as documentation writes it: ``"[B, K, V]"``."""
        return f"[{', '.join(axis.removesuffix('?') for axis in self.axes)}]"

    def elements(self, sizes: Mapping[str, int]) -> int:
        """Return how many elements it has; an axis whose size the data decide counts as one."""
        return _product(self.axes, sizes)

    def rows(self, sizes: Mapping[str, int]) -> int:
        """Return how many rows it has: every axis but the last counts."""
        return _product(self.axes[:-1], sizes)


def _product(axes: tuple[str, ...], sizes: Mapping[str, int]) -> int:
    known = (Axis.parse(axis).size(sizes) for axis in axes)
    return prod(1 if size is None else size for size in known)


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What is known of every kind of thing under contract: enough to make its case list."""

    name: str
    pillar: str
    rule: str
    """The rule in a few sentences, for ``draftproof explain``."""
    source: str
    """Paper, section or equation."""
    oracle: Callable[..., Any]
    sizes: Mapping[str, tuple[int, ...]]
    """The sizes worth trying for each axis."""
    options: Mapping[str, tuple[str, ...]]
    """What cases choose: keywords of the call and ways of making inputs."""
    flags: tuple[str, ...]
    """Hostile features that can be planted."""
    dtypes: tuple[str, ...]
    laws: "tuple[Law, ...]"
    backends: tuple[str, ...]
    """Which of the project's own backends it is meant for; the oracles are always judged."""
    corners: tuple[Case, ...] = ()
    """Cases on every list but an interpreter's: sizes that are long together, which pairs seldom bring."""

    def __post_init__(self) -> None:
        require_coverable(self)

    @property
    def batch(self) -> str | None:
        """The axis along which cases are cut to nothing; None where there is none."""
        return None

    @property
    def hostile_axes(self) -> frozenset[str]:
        """The axes of untrusted ids and lengths: of size 0 they could not be hostile."""
        return frozenset()

    @property
    def timed(self) -> tuple[Case, ...]:
        """The cases that are timed."""
        return ()

    def cost(self, case: Case) -> float:
        """Estimate what judging a case takes, in elements read: budgets share out cases by it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Work:
    """What any implementation must do: bytes moved once, floating-point operations, memory allowed.

    ``bytes`` and ``flops`` are functions of the shape, the inputs and the outputs; without these two (None)
    they say the most that can be needed.
    """

    bytes: Callable[[Mapping[str, int], Arrays | None, Arrays | None], float]
    flops: Callable[[Mapping[str, int], Arrays | None, Arrays | None], float] = lambda shape, *_: 0.0
    scratch: Callable[[Mapping[str, int]], int] = lambda shape: 2**20 + 2**16 * shape.get("B", 0)
    """Bytes beyond inputs and outputs: 1 MB plus 64 KB per row unless said otherwise."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A shape to be timed, with others' published figure and our target, in microseconds on an H100."""

    case: Case
    target_us: float | None = None
    peer_us: float | None = None
    peer: str = ""


@dataclass(frozen=True, kw_only=True)
class FunctionContract(Contract):
    """A function of arrays: its signature, oracle, inputs, judge, laws and work."""

    arguments: tuple[Argument, ...]
    outputs: tuple[Argument, ...]
    """What it returns; what it writes into its arguments comes before, in ``results``."""
    fill: Callable[[Case], Arrays]
    """Makes the input arrays of a case."""
    judge: Callable[[Arrays, dict[str, Any], Arrays], Verdict]
    """Judges (inputs, keywords, results) of one call; where uniforms decide or a status is returned, it takes
    the ``leniency`` of what a backend does not promise, too."""
    keywords: tuple[str, ...]
    """Which of the options and sizes are passed to the operation."""
    work: Work
    backends: tuple[str, ...] = KERNELS
    benches: tuple[Bench, ...] = ()
    large: Case | None = None
    """A case whose batch, repeated, soon passes 2**31 elements."""
    rows: Rows = EVERY_ARGUMENT
    """How a batch is taken apart: its rows are independent."""
    draw: "DrawProbe | None" = None
    """How one draw is put at a uniform of choice, for the law of accuracy."""
    emission: "EmissionModel | None" = None
    """The law of what it emits, for the statistical tier."""
    cells: "CellModel | None" = None
    """The cells of its uniforms at small vocabularies, for the exact law."""
    leniency: Leniency = STRICT
    """What the judge leaves out: everything is judged unless a backend's promises narrow the contract."""
    dearness: float = 1.0
    """What making and judging an element takes, beside a usual one: an oracle that computes with Python's own
    integers is hundreds of times slower."""

    @property
    def mutated(self) -> tuple[Argument, ...]:
        """The arguments that hold a part of the answer after the call."""
        return tuple(argument for argument in self.arguments if argument.mutated)

    @property
    def results(self) -> tuple[Argument, ...]:
        """Everything that is judged: mutated arguments, then outputs."""
        return (*self.mutated, *self.outputs)

    @property
    def batch(self) -> str:
        """The batch axis: the first of every result."""
        return self.results[0].axes[0]

    @property
    def hostile_axes(self) -> frozenset[str]:
        """The axes of untrusted ids and lengths."""
        return frozenset(axis for argument in self.arguments if argument.hostile for axis in argument.axes)

    @property
    def timed(self) -> tuple[Case, ...]:
        """The shapes that are timed, on a GPU."""
        return tuple(bench.case for bench in self.benches)

    def cost(self, case: Case) -> float:
        """Count the elements of arguments and results, and the rows of what has most."""
        tensors = (*self.arguments, *self.outputs)
        elements = sum(tensor.elements(case.shape) for tensor in tensors)
        rows = max(tensor.rows(case.shape) for tensor in tensors)
        return self.dearness * elements + ROW_COST * rows

    def call_keywords(self, case: Case) -> dict[str, Any]:
        """Return the keyword arguments of the call for ``case``: numbers from the shape, else options."""
        return {
            name: case.shape[name] if name in case.shape else case.options[name] for name in self.keywords
        }


Prepared = tuple[Callable[[], Any], Callable[[Any], bool]]
"""The timed call, and whether its answer is right."""


@dataclass(frozen=True, slots=True)
class Act:
    """One way of using an object that is timed: prepared afresh each time, then done in one stretch."""

    case: Case
    """The line that names it in reports."""
    units: int
    """Calls, or requests, in one timed stretch: what the time is divided by."""
    prepare: Callable[[Callable[..., Any], int], Prepared]
    """Makes the object with its class, for the round of a number: an insertion can be done but once."""
    bytes_per_unit: int
    target_us: float | None = None
    peer_us: float | None = None
    peer: str = ""


@dataclass(frozen=True, kw_only=True)
class ObjectContract(Contract):
    """An object with calls, such as a prefix tree: its laws make scripts of calls."""

    length: str
    """The axis of ``sizes`` that says how many calls a script has."""
    backends: tuple[str, ...] = HOST
    acts: tuple[Act, ...] = ()

    @property
    def methods(self) -> dict[str, Callable[..., Any]]:
        """The calls that the oracle takes, by name."""
        return {
            name: value
            for name, value in vars(self.oracle).items()
            if callable(value) and not name.startswith("_")
        }

    @property
    def timed(self) -> tuple[Case, ...]:
        """The acts that are timed, on any machine."""
        return tuple(act.case for act in self.acts)

    def cost(self, case: Case) -> float:
        """Count the calls; each is judged beside a model, which searches everything it holds."""
        return float(case.shape.get(self.length, 1)) ** 2


@dataclass(frozen=True, kw_only=True)
class CompilerContract(Contract):
    """A compiler: text in, value out, or a refusal."""

    write: Callable[[Case], str]
    """Makes the text of a case."""
    judge: Callable[[str, dict[str, Any], Any], Verdict]
    """Judges (text, keywords, value); the value is an exception where the compiler refused."""
    keywords: tuple[str, ...] = ()
    length: str
    """The axis of ``sizes`` that says how long a text is."""
    backends: tuple[str, ...] = HOST
    refusal: type[Exception] = ValueError
    """What a compiler raises for a text that it refuses; anything else is an error."""

    def cost(self, case: Case) -> float:
        """Count the characters."""
        return float(case.shape.get(self.length, 1))

    def call_keywords(self, case: Case) -> dict[str, Any]:
        """Return the keyword arguments of the call for ``case``."""
        return {name: case.options[name] for name in self.keywords}
