"""Cases within what a backend promises."""

from dataclasses import replace

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract
from draftproof.properties.core.law import Law
from draftproof.properties.core.promises import Promises


def find_unpromised(law: Law, case: Case, promises: Promises) -> str:
    """Say what a check needs that is not promised; nothing if all is."""
    return ", ".join(
        [need for need in law.needs if need in promises.withheld] + _find_outside(case, promises)
    )


def _find_outside(case: Case, promises: Promises) -> list[str]:
    missing = sorted(case.flags & promises.without)
    if promises.dtypes is not None and case.dtype not in promises.dtypes:
        missing.append(case.dtype)
    missing += [
        f"{axis} = {case.shape[axis]}"
        for axis, (low, high) in promises.sizes.items()
        if axis in case.shape and not low <= case.shape[axis] <= high
    ]
    return missing


def fit(contract: Contract, law: Law, case: Case, promises: Promises) -> Case | None:
    """Return the case nearest to one that is not promised; None if a law needs what there is not.

    Hostile features go, sizes of generated cases move into their bounds; rows that were recorded have theirs.
    """
    kept = replace(case, flags=case.flags - promises.without)
    if law.cases is None and not case.options.get("rows", "").startswith("trace-"):
        kept = kept.reshaped(
            **{
                axis: _nearest(contract.sizes[axis], kept.shape[axis], bounds)
                for axis, bounds in promises.sizes.items()
            }
        )
    return None if find_unpromised(law, kept, promises) else kept


def _nearest(sizes: tuple[int, ...], size: int, bounds: tuple[float, float]) -> int:
    low, high = bounds
    if low <= size <= high:
        return size
    return min((each for each in sizes if low <= each <= high), key=lambda each: abs(each - size))


def promises_case(case: Case, promises: Promises) -> bool:
    """Whether a case lies within what is promised, whatever law is asked."""
    return has_choices(case, promises) and not _find_outside(case, promises)


def has_choices(case: Case, promises: Promises) -> bool:
    """Whether the options of a case are among those that the backend has."""
    return all(case.options.get(name, choices[0]) in choices for name, choices in promises.options.items())
