"""What is neither right nor wrong: what a backend does not promise, and what could not be seen."""

from collections import Counter
from collections.abc import Iterable

from draftproof.conformance.reporting.records import Result
from draftproof.properties.core.verdict import State

NO_PROMISE, KEPT = "the backend does not promise", ", but keeps it here"
"""The reason of what is not promised, and what is added where it was looked at and right."""


def list_unjudged(results: Iterable[Result]) -> list[str]:
    """Say what was not judged and why: each promise that is not made, each law that saw nothing.

    A check that needs several promises counts for each. What is not promised, but was kept where somebody
    looked, is said.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    kept: Counter[tuple[str, str, str]] = Counter()
    for result in results:
        for what in _list_reasons(result):
            key = result.operation, result.state.value, what
            counts[key] += 1
            kept[key] += result.reason.endswith(KEPT)
    return [
        f"{operation}, {state}: {what} ({count} check{'s' * (count > 1)})" + _say_kept(kept[key])
        for key, count in counts.items()
        for operation, state, what in [key]
    ]


def _list_reasons(result: Result) -> list[str]:
    if result.state is State.NOT_OBSERVED:
        return [f"{result.law}: {result.reason}"]
    if result.state is not State.NOT_PROMISED:
        return []
    needs = result.reason.removesuffix(KEPT).removeprefix(f"{NO_PROMISE} ").split(", ")
    # Of a size the axis is enough: the bounds stand among the restrictions.
    return list(dict.fromkeys(f"other {need.split(' = ')[0]}" if " = " in need else need for need in needs))


def _say_kept(looks: int) -> str:
    return f"; kept in {looks} that {'was' if looks == 1 else 'were'} looked at" if looks else ""
