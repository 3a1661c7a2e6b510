"""What a law is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from draftproof.properties.core.case import Case
from draftproof.properties.core.verdict import Verdict

BUDGETS = ("small", "standard", "deep")


@dataclass(frozen=True, slots=True)
class Law:
    """Something that must hold for an operation, whatever the inputs.

    ``check`` looks at one case; ``cases`` says on which cases: None for the contract's generated
    ones, or a function of (contract, device, budget, seed) for laws that need inputs of their own.
    """

    name: str
    sentence: str
    """What must hold, in one sentence."""
    check: Callable[[Any, Any, Case], Verdict]
    """Takes a contract, a subject of the same kind, and a case."""
    devices: tuple[str, ...] = ("numpy", "cpu", "interpreter", "cuda")
    """Where it can be checked."""
    cases: Callable[[Any, str, str, int], list[Case]] | None = None
    share: float = 1.0
    """The share of the generated cases that it is checked on; some laws cost many launches."""
    seconds: float = 60.0
    """How long one case may take before the subject counts as hanging."""
    needs: tuple[str, ...] = ()
    """What it takes for granted, of the list in ``core.promises``: without it the law is not promised."""
    imports: tuple[str, ...] = ()
    """What it imports beside NumPy: another environment may lack it."""
    alone: bool = False
    """Whether it needs the device for itself: no other check may run beside it."""
