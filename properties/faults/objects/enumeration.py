"""Faults of an object with calls, enumerated: where it is wrong, times how.

A fault is a thin subclass of the contract's oracle. Where is a method and a circumstance
(``circumstances``), how is an effect (``effects``); what shows that it is a fault at all
is a witness (``witness``): calls that are answered otherwise by the oracle itself.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from inspect import Signature, signature
from typing import Any
from weakref import WeakSet

from draftproof.properties.core.contract import ObjectContract
from draftproof.properties.faults.objects.calls import Call, History
from draftproof.properties.faults.objects.circumstances import CIRCUMSTANCES, Circumstance
from draftproof.properties.faults.objects.effects import EFFECTS, Effect
from draftproof.properties.faults.objects.witness import Observation, Situation, observe


@dataclass(frozen=True)
class ObjectFault:
    """One way in which an object could be wrong."""

    oracle: type
    method: str
    circumstance: Circumstance
    effect: Effect
    methods: tuple[str, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """The method, where and how: ``"match: tokens >= 129: shorter by a page"``."""
        return f"{self.method}: {self.circumstance.name}: {self.effect.name}"

    @property
    def family(self) -> str:
        """The kind of circumstance."""
        return self.circumstance.family

    def build(self) -> type:
        """Return a class with the fault and no other."""
        return _build(self)

    def witness(self, cls: type) -> bool:
        """Say whether calls that meet the circumstance are answered otherwise than by the oracle."""
        situation = self.circumstance.situation
        left_open = {
            name: value
            for name, value in self.effect.shown_by.items()
            if getattr(situation, name) == getattr(Situation, name)
        }
        situation = replace(situation, **left_open)
        return observe(cls, situation, self.method) != _observe_oracle(self.oracle, situation, self.method)


def faults(contract: ObjectContract) -> Iterator[ObjectFault]:
    """Yield a contract's faults: each method, in each circumstance that it can meet, with each effect."""
    oracle = contract.oracle
    if not isinstance(oracle, type):
        raise TypeError(f"{contract.name}: the oracle must be a class, got {type(oracle).__name__}")
    names = tuple(contract.methods)
    for method in names:
        parameters = set(signature(getattr(oracle, method)).parameters)
        for circumstance in CIRCUMSTANCES:
            if not circumstance.concerns(method, parameters):
                continue
            for effect in EFFECTS:
                if effect.concerns(method) and circumstance.allows(effect.name):
                    yield ObjectFault(oracle, method, circumstance, effect, names)


@cache
def _observe_oracle(oracle: type, situation: Situation, method: str) -> list[Observation]:
    return observe(oracle, situation, method)


def _build(fault: ObjectFault) -> type:
    alive: WeakSet[Any] = WeakSet()
    initialise: Callable[..., None] = vars(fault.oracle)["__init__"]

    def construct(self: Any, *arguments: Any, **keywords: Any) -> None:
        initialise(self, *arguments, **keywords)
        self._history = History(Counter(), alive)
        alive.add(self)

    body: dict[str, Any] = {"__init__": construct, "__doc__": fault.name}
    for method in fault.methods:
        body[method] = _wrapped(fault, method)
    return type(fault.oracle.__name__, (fault.oracle,), body)


def _wrapped(fault: ObjectFault, method: str) -> Callable[..., Any]:
    """Return the method, wrong where it is the fault's; elsewhere it only keeps the history."""
    right = getattr(fault.oracle, method)
    described: Signature = signature(right)

    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        history: History = self._history
        if history.inside:
            return right(self, *arguments, **keywords)
        history.inside = True
        try:
            history.refresh()
            history.counts[method] += 1
            if method != fault.method:
                return right(self, *arguments, **keywords)
            bound = described.bind(self, *arguments, **keywords)
            bound.apply_defaults()
            given = {name: value for name, value in bound.arguments.items() if name != "self"}
            made = Call(self, method, given, history, right)
            wrong = made.meets(fault.circumstance.holds)
            answer = fault.effect.run(made) if wrong else made.make()
            history.answers[method] = answer
            return answer
        except (TypeError, ValueError):
            history.refused = True
            raise
        finally:
            history.inside = False

    call.__name__ = method
    return call
