"""How far the cases of a budget reach: the largest size of each axis, the strides of each argument."""

from collections.abc import Iterator

from draftproof.properties.cases.plan import cases
from draftproof.properties.cases.roomy import NUMBERS
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.layouts import TOGETHER, layouts_of
from draftproof.properties.inputs.forms import FORMS
from draftproof.properties.laws.shared.layouts import PARTS, layout_cases, part_of


def describe_sizes(operation: str, budget: str) -> str:
    """Return the largest size of each axis in words."""
    found = cases(CONTRACTS[operation], "cpu", budget, 0)
    axes = {axis: max(case.shape[axis] for case in found) for axis in CONTRACTS[operation].sizes}
    return ", ".join(f"{axis} {size:,}" for axis, size in axes.items())


def describe_strides(operation: str, budget: str) -> str:
    """Say how each argument lies in memory in some case, by itself; what is never tried is named."""
    contract = CONTRACTS[operation]
    if not isinstance(contract, FunctionContract):
        return f"arrays of integers as {', '.join(FORMS)}"
    tried, known = _layouts(contract, budget)
    parts = []
    for argument, layouts in known.items():
        missing = [name for name in layouts if name not in tried[argument]]
        parts.append(f"{argument} {len(layouts) - len(missing)} of {len(layouts)}")
        if missing:
            parts[-1] += f" (not {', not '.join(missing)})"
    return f"all at once {len(TOGETHER)}; {', '.join(parts)}"


def list_strides() -> Iterator[str]:
    """Yield every layout that an argument of two axes is tried in by itself on a CPU."""
    yield from (layout.name for layout in layouts_of((2, 8), "cpu", False))


def _layouts(contract: FunctionContract, budget: str) -> tuple[dict[str, set[str]], dict[str, list[str]]]:
    """Return, by argument, the layouts in which it is tried alone, and all that its shapes allow."""
    tried: dict[str, set[str]] = {}
    known: dict[str, list[str]] = {}
    for case in layout_cases(contract, "cpu", budget, 0):
        inputs = contract.fill(case)
        for argument in contract.arguments:
            array = inputs[argument.name]
            if array is None or not array.size:
                continue
            for layout in layouts_of(array.shape, "cpu", argument.mutated):
                names = known.setdefault(argument.name, [])
                if layout.name not in names:
                    names.append(layout.name)
                if part_of(argument, layout) == case.seed % NUMBERS % PARTS:
                    tried.setdefault(argument.name, set()).add(layout.name)
    return tried, known
