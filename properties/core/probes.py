"""What laws of drawn tokens need to know of an operation: how it is asked, and what law its answers have.

A law knows none of the operations; it asks the contract for one of these.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from draftproof.properties.core.case import Case

if TYPE_CHECKING:
    from draftproof.properties.core.contract import Arrays


@dataclass(frozen=True, slots=True)
class Asked:
    """The inputs of one call, its keywords, and the sizes of its axes."""

    inputs: "Arrays"
    keywords: Mapping[str, Any]
    shape: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DrawProbe:
    """How one draw of an operation is put at a uniform of choice."""

    ways: Mapping[str, Mapping[str, str]]
    """What a draw can be from, such as "row" and "residual", with the options that it presumes."""
    uniforms: str
    """The argument [B] that decides the draw."""
    ask: Callable[[str, np.ndarray, np.ndarray], Asked]
    """Makes one request for a way and rows p, q [V]; token 0 has no mass in p, so its draft is rejected."""
    weights: Callable[[str, np.ndarray, np.ndarray], np.ndarray]
    """The exact weights [V] that a draw of a way has, float64."""


class Source(Protocol):
    """Independent randomness on the subject's device."""

    def drafts(self, target: Any, i: int) -> None:
        """Fill ``target`` [B] with draws from the i-th drafter's row."""

    def lengths(self, target: Any, most: int) -> None:
        """Fill ``target`` with lengths in [0, most], each as likely."""

    def uniforms(self, target: Any) -> None:
        """Fill ``target`` with multiples of 2**-24 in [0, 1)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that every request of a statistical test shares: p [K+1, V], q [K, V], float32."""

    p: np.ndarray
    q: np.ndarray


@dataclass(frozen=True, slots=True)
class Partition:
    """Counts [cells] that ought to have the proportions of ``law`` [cells]."""

    where: str
    counts: np.ndarray
    law: np.ndarray


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of many numbers that has a closed form."""

    where: str
    name: str
    """The measure's name in reports."""
    draws: float
    total: float
    squares: float
    expected: float


class EmissionModel(Protocol):
    """The law of the emitted tokens at real vocabulary sizes."""

    @property
    def drafts(self) -> int:
        """Drafts of each request: how many rows q has."""

    @property
    def choices(self) -> Sequence[Mapping[str, str]]:
        """The options under which the law is tested, each by itself."""

    @property
    def tests(self) -> int:
        """How many tests a case makes: each has its share of the false alarms."""

    def ask(self, case: Case, rows: Rows) -> Asked:
        """Make one request of the rows; the batch repeats it."""

    def refresh(self, placed: dict[str, Any], source: Source) -> None:
        """Draw new drafts and uniforms, in place."""

    def read(self, results: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return tokens [B, n], and accepted [B] or None where there is nothing to accept."""

    def compare(
        self, case: Case, rows: Rows, sums: Callable[[np.ndarray], np.ndarray], counts: np.ndarray
    ) -> Iterable[Partition | Mean]:
        """Hold the counts (``Counter.counts``) against closed forms; ``sums`` adds weights [V] per cell."""


Run = tuple[int, ...]
"""The tokens that a call emits, in their order."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the uniforms of one draft: there the answer is constant."""

    drafts: Run
    length: int
    """How many of the drafts count; the others stand behind the request's own."""
    chance: float
    """Probability of the drafts that count."""
    volume: float
    bounds: tuple[tuple[float, float], ...]
    """Lower and upper border of each uniform."""
    run: Run
    """What must be emitted."""


class ContextModel(Protocol):
    """A target whose rows depend on the whole context."""

    length: int
    """Tokens of a completed text."""
    V: int
    """Size of the vocabulary."""

    def joint(self, emitted: Mapping[Run, float]) -> dict[Run, float]:
        """Complete every emitted run with the target: the law of the text that results."""


class CellModel(Protocol):
    """The cells of a verifier's uniforms at small vocabularies."""

    def cases(self, operation: str, device: str, budget: str, seed: int) -> list[Case]:
        """Return the cases of a budget."""

    def context(self, case: Case) -> ContextModel:
        """Return the target and the drafter of a case."""

    def cells(self, case: Case) -> Iterator[Cell]:
        """Enumerate every cell of positive volume."""

    def fixed_drafts(self, case: Case) -> bool:
        """Whether the drafts are fixed and not drawn: then the law must be the target's for each."""

    def ask(self, case: Case, cells: Sequence[Cell], points: np.ndarray) -> Asked:
        """Make a request for each cell, with uniforms ``points`` [cells, uniforms]."""

    def read(self, results: "Arrays") -> tuple[list[Run], np.ndarray]:
        """Return the emitted run and the number of accepted drafts of each request."""

    def mean_accepted(self, case: Case) -> float:
        """Return E[accepted] in closed form."""

    def most_accepted(self, case: Case) -> float | None:
        """Return the most that P(first draft accepted) can be, alpha*; None where it has no such bound."""
