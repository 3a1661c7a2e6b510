"""What a child says, as values: written by the child, and read by the judge as a stranger's."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from draftproof.conformance.running.channel import ForeignMessageError
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.subject import DEVICES
from draftproof.properties.core.verdict import Finding, State

LONGEST_TEXT = 2000
"""Characters of one text; what is longer is cut."""

LIBRARIES = 16
"""Libraries of which a child says the version, at most."""

FINDINGS, MEASURES = 8, 64
"""How many of them an answer has at most."""

MOST_MEMORY = 2**63
"""Bytes, for each byte of the inputs, that a backend may declare to need."""

ANSWERED = (State.PASS, State.FAIL, State.ERROR, State.NOT_OBSERVED)
"""The states that a check in a child may end in."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What the child found when it loaded the backend."""

    device: str
    """Where the laws will be checked: a NumPy backend is checked on "numpy" whatever was asked for."""
    operations: tuple[str, ...] = ()
    variants: dict[str, Any] = field(default_factory=dict)
    """The backend's ``CONFORMANCE``: settings, and the options an operation restricts itself to."""
    unavailable: str = ""
    """Why the backend cannot run here."""
    broken: str = ""
    """Why the backend cannot be loaded at all."""
    libraries: dict[str, str] = field(default_factory=dict)
    """Versions of "python" and of the libraries that a backend may use, where it runs."""

    def words(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def read(cls, words: Any) -> Self:
        """Read it from JSON; ForeignMessageError if it is none."""
        fields = _fields(words, {"device", "operations", "variants", "unavailable", "broken", "libraries"})
        operations = _list(fields["operations"], len(CONTRACTS))
        known = all(type(name) is str and name in CONTRACTS for name in operations)
        libraries = fields["libraries"]
        if not isinstance(libraries, dict) or len(libraries) > LIBRARIES:
            raise ForeignMessageError("versions of some libraries were expected")
        if fields["device"] not in DEVICES or not known:
            raise ForeignMessageError("a device and operations that there are were expected")
        if wrong := find_unreadable(fields["variants"]):
            return cls(fields["device"], broken=f"its CONFORMANCE {wrong}")
        return cls(
            fields["device"],
            tuple(operations),
            fields["variants"],
            clean(fields["unavailable"]),
            clean(fields["broken"]),
            {clean(name): clean(version) for name, version in libraries.items()},
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one check."""

    state: State
    seconds: float
    findings: tuple[Finding, ...] = ()
    decisions: int = 0
    forgiven: int = 0
    measures: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    poisoned: bool = False
    """Whether the device is lost to this process, which ends now."""
    hung: bool = False
    """Whether there was no answer in time."""

    def words(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        findings = [
            {
                "where": finding.where[:LONGEST_TEXT],
                "expected": finding.expected[:LONGEST_TEXT],
                "got": finding.got[:LONGEST_TEXT],
                "excess": float(finding.excess),
            }
            for finding in self.findings[:FINDINGS]
        ]
        return {
            "state": self.state.value,
            "seconds": float(self.seconds),
            "findings": findings,
            "decisions": int(self.decisions),
            "forgiven": int(self.forgiven),
            "measures": {name: float(value) for name, value in self.measures.items()},
            "reason": self.reason[:LONGEST_TEXT],
            "poisoned": self.poisoned,
        }

    @classmethod
    def read(cls, words: Any) -> Self:
        """Read it from JSON; ForeignMessageError if it is none."""
        names = {"state", "seconds", "findings", "decisions", "forgiven", "measures", "reason", "poisoned"}
        fields = _fields(words, names)
        measures = fields["measures"]
        if fields["state"] not in ANSWERED or not isinstance(measures, dict) or len(measures) > MEASURES:
            raise ForeignMessageError(f"one of the states {', '.join(ANSWERED)} and measures were expected")
        reason, poisoned = clean(fields["reason"]), fields["poisoned"] is True
        explained = fields["state"] in (State.ERROR, State.NOT_OBSERVED)
        if explained != bool(reason) or (poisoned and fields["state"] != State.ERROR):
            raise ForeignMessageError("a reason of an error, and of nothing that was seen, was expected")
        return cls(
            State(fields["state"]),
            _duration(fields["seconds"]),
            tuple(map(_finding, _list(fields["findings"], FINDINGS))),
            _count(fields["decisions"]),
            _count(fields["forgiven"]),
            {clean(name): _number(value) for name, value in measures.items()},
            reason,
            poisoned,
        )


def clean(text: Any) -> str:
    r"""Return a stranger's text as it can be shown anywhere: one line, no control characters or surrogates.

    >>> print(clean("a\x1b[31m\n\ud800"))
    a\x1b[31m\n\ud800
    """
    if not isinstance(text, str):
        raise ForeignMessageError(f"a text was expected, got {type(text).__name__}")
    plain = text[:LONGEST_TEXT].encode("utf-8", "backslashreplace").decode()
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in plain
    )


def find_unreadable(declared: Any) -> str:
    """Say why a CONFORMANCE cannot be read; nothing if it can.

    >>> find_unreadable({"arrays": "numpy", "memory": 40, "sample": {"uniforms": "float32"}})
    ''
    >>> find_unreadable({"synchronises": {"softmax"}})
    "has synchronises = {'softmax'}, where a list of operations is expected"
    """
    if not isinstance(declared, Mapping):
        return f"is a {type(declared).__name__}, where a dictionary is expected"
    for name, value in declared.items():
        if not isinstance(name, str):
            return f"has the name {clean(repr(name))}, where a text is expected"
        expected = _expect(name, value)
        if expected:
            return f"has {clean(name)} = {clean(repr(value)[:80])}, where {expected} is expected"
    return ""


def _expect(name: str, value: Any) -> str:
    """Say what a setting ought to be; nothing if it is."""
    texts = isinstance(value, list | tuple) and all(type(each) is str for each in value)
    if name == "arrays":
        return "" if type(value) is str else "a text"
    if name == "memory":
        right = type(value) in (int, float) and 0 <= value < MOST_MEMORY
        return "" if right else "a finite number"
    if name == "synchronises":
        return "" if texts else "a list of operations"
    said = isinstance(value, Mapping) and all(type(each) is str for each in value)
    return "" if said and all(map(_is_plain, value.values())) else "a dictionary of promises"


def _is_plain(value: Any) -> bool:
    """Whether a promise is a text, texts, or pairs of sizes."""
    if isinstance(value, Mapping):
        pairs = [pair for pair in value.values() if isinstance(pair, list | tuple) and len(pair) == 2]
        sizes = (each is None or (type(each) is int and 0 <= each < 2**63) for pair in pairs for each in pair)
        return len(pairs) == len(value) and all(type(axis) is str for axis in value) and all(sizes)
    return type(value) is str or (
        isinstance(value, list | tuple) and all(type(each) is str for each in value)
    )


def _fields(words: Any, names: set[str]) -> dict[str, Any]:
    if not isinstance(words, dict) or words.keys() != names:
        raise ForeignMessageError(f"the fields {', '.join(sorted(names))} were expected")
    return words


def _list(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ForeignMessageError(f"a list of at most {most} was expected")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise ForeignMessageError(f"a number was expected, got {type(value).__name__}")
    try:
        return float(value)
    except OverflowError as error:
        raise ForeignMessageError("a number that a float has was expected") from error


def _duration(value: Any) -> float:
    seconds = _number(value)
    if not 0 <= seconds < math.inf:
        raise ForeignMessageError(f"a number of seconds was expected, got {seconds}")
    return seconds


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ForeignMessageError("a count was expected")
    return int(value)


def _finding(words: Any) -> Finding:
    fields = _fields(words, {"where", "expected", "got", "excess"})
    return Finding(
        clean(fields["where"]), clean(fields["expected"]), clean(fields["got"]), _number(fields["excess"])
    )
