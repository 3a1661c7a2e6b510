"""What a backend promises of an operation: everything, unless its ``CONFORMANCE`` says otherwise.

A declaration narrows rules and domains, from the closed list of this file; it cannot choose what inputs look
like. It is read here, a law states what it needs, and one place applies both: the case list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from draftproof.reference.status import Status

if TYPE_CHECKING:
    from draftproof.properties.core.contract import Contract

OPTIONS = ("rule", "drafts", "lengths", "uniforms")
"""The options that a backend may restrict itself to: how it is called, not what its numbers look like."""

CHOICES = {
    "layouts": ("any", "contiguous"),
    "randomness": ("uniforms", "seeded", "own"),
    "interval": ("[0, 1)", "(0, 1]"),
    "batch": ("independent", "dependent"),
    "ties": ("rejected", "accepted"),
}
"""What is said in a word; what is promised unless another is said comes first."""

ABSENT = "absent"
"""The status words of a backend that returns none."""

REPLAY, WIDE_UNIFORMS, REPEATING, INDEPENDENT_ROWS, LAYOUTS = (
    "uniforms that decide the answer",
    "uniforms in float64",
    "the same answer to the same call",
    "rows that do not depend on the batch",
    "arguments that are not contiguous",
)
"""What laws need."""


@dataclass(frozen=True, slots=True)
class Leniency:
    """What a judge leaves out of a verdict, because it is not promised."""

    replay: bool = True
    """Whether the uniforms decide: otherwise only what no uniforms could do is wrong."""
    ties: bool = False
    """Whether a draft may be accepted where u q equals p, and is not 0."""
    status: int = -1
    """The status bits that are judged."""


STRICT = Leniency()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """What a backend promises of one operation; without arguments, everything."""

    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For options of the case list, the choices that it has."""
    dtypes: tuple[str, ...] | None = None
    sizes: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """For axes, the least and the largest size."""
    without: frozenset[str] = frozenset()
    """Hostile features that its inputs do not have."""
    layouts: str = "any"
    randomness: str = "uniforms"
    """"uniforms": they decide, by the rule; "seeded": the answer follows from the arguments, in a way of its
    own; "own": from a generator of its own."""
    interval: str = "[0, 1)"
    status: tuple[str, ...] | str | None = None
    """The status bits that it sets, by name; ``ABSENT``; None: all."""
    batch: str = "independent"
    ties: str = "rejected"

    @property
    def leniency(self) -> Leniency:
        """What judges leave out."""
        bits = -1
        if self.status is not None:
            bits = 0 if self.status == ABSENT else sum(Status[name] for name in self.status)
        return Leniency(self.randomness == "uniforms", self.ties == "accepted", bits)

    @property
    def withheld(self) -> frozenset[str]:
        """What laws may need, and do not get."""
        kept = {
            REPLAY: self.randomness == "uniforms",
            WIDE_UNIFORMS: "float64" in self.options.get("uniforms", ("float64",)),
            REPEATING: self.randomness != "own",
            INDEPENDENT_ROWS: self.batch == "independent",
            LAYOUTS: self.layouts == "any",
        }
        return frozenset(need for need, promised in kept.items() if not promised)


EVERYTHING = Promises()


def read_promises(contract: "Contract", declared: Mapping[str, Any] | None) -> Promises:
    """Read what a backend's ``CONFORMANCE`` says of an operation; None says nothing.

    Raises
    ------
    ValueError
        If it restricts what may not be restricted, or to what there is not.
    """
    declared = declared or {}
    allowed = [option for option in OPTIONS if option in contract.options]
    allowed += [name for name in (*CHOICES, "dtypes", "sizes", "without", "status") if _has(contract, name)]
    if foreign := declared.keys() - {*allowed}:
        shapes = ", which says what inputs look like" if foreign & contract.options.keys() else ""
        raise ValueError(
            f"{contract.name}: CONFORMANCE may restrict {', '.join(allowed)}, "
            f"not {', '.join(sorted(foreign))}{shapes}"
        )
    said: dict[str, Any] = {"options": {}}
    for name, value in declared.items():
        if name in contract.options:
            said["options"][name] = _choices(contract, name, value, contract.options[name])
        elif name in CHOICES:
            said[name] = _choices(contract, name, value, CHOICES[name])[0]
        elif name == "sizes":
            said[name] = _sizes(contract, value)
        elif name == "status" and value == ABSENT:
            said[name] = ABSENT
        else:
            known = {"dtypes": contract.dtypes, "without": contract.flags, "status": Status.__members__}[name]
            said[name] = _choices(contract, name, value, tuple(known))
    return Promises(**said | {"without": frozenset(said.get("without", ()))})


def _has(contract: "Contract", name: str) -> bool:
    """Whether an operation has what a name restricts."""
    arguments = getattr(contract, "arguments", ())
    drawn = any(argument.domain == (0, 1) for argument in arguments)
    return {
        "layouts": bool(arguments),
        "batch": bool(arguments),
        "without": bool(arguments and contract.flags),
        "status": any(output.name == "status" for output in getattr(contract, "outputs", ())),
    }.get(name, drawn if name in CHOICES else True)


def _choices(contract: "Contract", name: str, value: Any, known: Sequence[str]) -> tuple[str, ...]:
    chosen = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list | tuple) else ()
    empty = not chosen and name not in ("without", "status")
    if empty or not isinstance(value, str | list | tuple) or not all(each in known for each in chosen):
        raise ValueError(
            f"{contract.name}: CONFORMANCE sets {name} to {value!r}, but its choices are {', '.join(known)}"
        )
    return chosen


def _sizes(contract: "Contract", value: Any) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for axis, bounds in value.items() if isinstance(value, Mapping) else [("", value)]:
        low, high = bounds if isinstance(bounds, list | tuple) and len(bounds) == 2 else (None, -1)
        low, high = 0 if low is None else low, float("inf") if high is None else high
        fitting = [size for size in contract.sizes.get(axis, ()) if low <= size <= high]
        if not fitting:
            raise ValueError(
                f"{contract.name}: CONFORMANCE sets sizes to {value!r}, where for each of the axes "
                f"{', '.join(contract.sizes)} the least and the largest size are expected, such as "
                '{"K": [1, 64]}, None where there is no bound'
            )
        found[axis] = (low, high)
    return found


def list_restrictions(declared: Mapping[str, Any]) -> list[str]:
    """Say in words what a ``CONFORMANCE`` restricts, an operation at a time.

    >>> list_restrictions({"arrays": "numpy", "sample": {"uniforms": "float32", "without": ["nan", "inf"]}})
    ['sample: uniforms=float32 only', 'sample: without inf, nan']
    """
    return [
        f"{operation}: {_say(name, value)}"
        for operation, said in declared.items()
        if isinstance(said, Mapping)
        for name, value in said.items()
    ]


def _say(name: str, value: Any) -> str:
    if name == "without":
        return f"without {', '.join(sorted(value))}"
    if name == "sizes":
        return f"sizes {', '.join(f'{axis} {_span(*bounds)}' for axis, bounds in value.items())}"
    if name in CHOICES:
        return f"{name} {value}"
    words = value if isinstance(value, str) else ", ".join(value) or "none"
    return f"status {words}" if name == "status" else f"{name}={words} only"


def _span(low: float | None, high: float | None) -> str:
    return f"from {low or 0}" + ("" if high is None else f" to {high}")


PROFILES = ("full", "law + hostile", "law")
"""What a verdict speaks of, the most first."""


def name_profile(declared: Mapping[str, Any]) -> str:
    """Return which of PROFILES a backend has: "law" if some hostile inputs are not promised.

    >>> name_profile({"sample": {"without": ["nan"]}}), name_profile({"memory": 40})
    ('law', 'full')
    """
    said = [value for value in declared.values() if isinstance(value, Mapping) and value]
    if not said:
        return "full"
    return "law" if any(value.get("without") for value in said) else "law + hostile"
