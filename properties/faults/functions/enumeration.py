"""All faults that follow from a contract."""

from collections.abc import Iterator
from itertools import chain

from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.faults.functions.fault import Fault
from draftproof.properties.faults.functions.histories import history_faults
from draftproof.properties.faults.functions.layouts import layout_faults
from draftproof.properties.faults.functions.places import place_faults
from draftproof.properties.faults.functions.sizes import size_faults
from draftproof.properties.faults.functions.values import choice_faults, value_faults


def function_faults(contract: FunctionContract) -> Iterator[Fault]:
    """Yield every fault of a function, each name once."""
    seen = set()
    for fault in chain(
        size_faults(contract),
        place_faults(contract),
        value_faults(contract),
        choice_faults(contract),
        layout_faults(contract),
        history_faults(contract),
    ):
        if fault.name not in seen:
            seen.add(fault.name)
            yield fault
