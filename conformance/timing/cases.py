"""The cases that are timed."""

from draftproof.conformance.timing.objects import ACTS, OPERATION
from draftproof.properties.core.contract import Contract


def list_timed(contract: Contract) -> list[str]:
    """Return the lines of the cases on which an operation is timed: benchmark shapes, or a tree's acts."""
    acts = [act.case for act in ACTS] if contract.name == OPERATION else []
    return [str(case) for case in (*(shape.case for shape in contract.benches), *acts)]
