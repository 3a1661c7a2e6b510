"""A contract: everything that must hold for one operation, in one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from draftproof.properties.core.batch import EVERY_ARGUMENT, Rows
from draftproof.properties.core.case import Case
from draftproof.properties.core.verdict import Verdict

if TYPE_CHECKING:
    from draftproof.properties.core.law import Law

Arrays = dict[str, np.ndarray | None]
"""Arguments or outputs by name; None for an optional argument that is left out."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One tensor argument or output."""

    name: str
    axes: tuple[str, ...]
    """Axis letters, ``"K+1"`` for a longer one."""
    dtype: str
    """A NumPy dtype name, or ``"float"`` for the case's own dtype."""
    meaning: str
    optional: bool = False
    hostile: bool = False
    """Whether the values are untrusted ids or lengths."""

    @property
    def shape(self) -> str:
        """The shape as documentation writes it: ``"[B, K, V]"``."""
        return f"[{', '.join(self.axes)}]"


@dataclass(frozen=True, slots=True)
class Work:
    """What any implementation must do: bytes moved once, floating-point operations, memory allowed."""

    bytes: "Callable[[Mapping[str, int], Arrays | None], float]"
    """Of the shape, and of the outputs where the work depends on them; without outputs, the most."""
    flops: Callable[[Mapping[str, int]], float]
    scratch: Callable[[Mapping[str, int]], int] = field(
        default=lambda shape: 2**20 + 2**16 * shape.get("B", 0)
    )
    """Bytes beyond inputs and outputs: 1 MB plus 64 KB per row unless said otherwise."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A shape to be timed, with others' published figure and our target, in microseconds on an H100."""

    case: Case
    target_us: float | None = None
    peer_us: float | None = None
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """One operation: its signature, oracle, inputs, judge, laws and work."""

    name: str
    pillar: str
    rule: str
    """The rule in a few sentences, for ``draftproof explain``."""
    source: str
    """Paper, section or equation."""
    arguments: tuple[Argument, ...]
    outputs: tuple[Argument, ...]
    oracle: Callable[..., Any]
    fill: Callable[[Case], Arrays]
    """Makes the input arrays of a case."""
    judge: Callable[[Arrays, dict[str, Any], Arrays], Verdict]
    """Judges (inputs, keywords, outputs) of one call."""
    sizes: Mapping[str, tuple[int, ...]]
    """The sizes worth trying for each axis."""
    options: Mapping[str, tuple[str, ...]]
    """What cases choose: keywords of the call and ways of making inputs."""
    keywords: tuple[str, ...]
    """Which of the options are passed to the operation."""
    flags: tuple[str, ...]
    """Hostile features that ``fill`` can plant."""
    dtypes: tuple[str, ...]
    laws: "tuple[Law, ...]"
    work: Work
    benches: tuple[Bench, ...] = ()
    large: Case | None = None
    """A case whose batch, repeated, soon passes 2**31 elements."""
    rows: Rows = EVERY_ARGUMENT
    """How a batch is taken apart: its rows are independent."""

    @property
    def batch(self) -> str | None:
        """The batch axis: the first of every output; None for a contract that is no function of arrays."""
        return self.outputs[0].axes[0] if self.outputs else None

    def call_keywords(self, case: Case) -> dict[str, Any]:
        """Return the keyword arguments of the call for ``case``: numbers from the shape, else options."""
        return {
            name: case.shape[name] if name in case.shape else case.options[name] for name in self.keywords
        }

    def judged(self, case: Case, inputs: Arrays, outputs: Arrays) -> Verdict:
        """Judge the outputs of one call."""
        return self.judge(inputs, self.call_keywords(case), outputs)
