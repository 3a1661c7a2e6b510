"""The law of large offsets: elements behind 2**31 and 2**32 are where they are."""

from typing import Any

from draftproof.properties.cases.roomy import giving
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.memory import same_bits
from draftproof.properties.core.promises import INDEPENDENT_ROWS, REPEATING
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict

BORDERS = {"2^31": 2**31, "2^32": 2**32}
"""Where offsets of 32 bits wrap: signed, and unsigned."""

CHUNK = 2**27
"""Elements compared at once."""


def check_large_offsets(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Repeat the batch until its largest input or output passes a border: every copy answers as the first.

    Memory may run out where the subject declares that it needs more than there is; else that is an error.
    """
    import torch

    verdict, keywords = Verdict(), contract.call_keywords(case)
    placed = subject.place(contract.fill(case), case.dtype)
    alone = subject.launch(placed, keywords)
    twice = contract.rows.repeat(placed, 2)
    growth = {
        name: (twice[name].numel() - value.numel()) * value.element_size()
        for name, value in placed.items()
        if value is not None
    }
    longest = max(
        *(size // placed[name].element_size() for name, size in growth.items()),
        *(output.numel() for output in alone),
    )
    del twice
    for name, border in BORDERS.items():
        copies = border // longest + 2
        batch = case.reshaped(**{contract.batch: copies * case.shape[contract.batch]})
        needed = contract.work.scratch(batch.shape) + copies * (
            (1 + subject.memory) * sum(growth.values())
            + sum(output.numel() * output.element_size() for output in alone)
        )
        torch.cuda.empty_cache()
        free = torch.cuda.mem_get_info()[0]
        try:
            large = subject.launch(contract.rows.repeat(placed, copies), keywords)
            torch.cuda.synchronize()
        except torch.cuda.OutOfMemoryError:
            if needed < free:
                raise
            break
        for argument, one, many in zip(contract.results, alone, large, strict=True):
            _compare_copies(verdict, f"{argument.name}, with elements behind {name}", one, many)
        del large
    return verdict


def _compare_copies(verdict: Verdict, where: str, one: Any, many: Any) -> None:
    """Expect ``many`` to be ``one`` over and over, bit for bit."""
    rows, turns = len(one), max(1, CHUNK // max(one.numel(), 1))
    for start in range(0, len(many), rows * turns):
        part = many[start : start + rows * turns]
        wanted = one.repeat(len(part) // rows, *[1] * (one.ndim - 1))
        at = f"{where}, rows {start} to {start + len(part) - 1}"
        verdict.expect(same_bits(wanted, part), at, "as in a small batch", "other bits")


def large_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return the contract's large case, and the one with every argument given if that leaves some out."""
    if budget == "small" or contract.large is None:
        return []
    options = giving(contract)
    given = {
        name: value if value in options[name] else options[name][0]
        for name, value in contract.large.options.items()
    }
    full = Case(contract.name, contract.large.shape, contract.large.dtype, given, contract.large.seed)
    return [contract.large] if given == contract.large.options else [contract.large, full]


LARGE_OFFSETS = Law(
    "offsets past 2^31",
    "Rows behind the elements 2^31 and, where memory allows, 2^32 get the answer they get alone.",
    check_large_offsets,
    ("cuda",),
    cases=large_cases,
    seconds=300.0,
    needs=(REPEATING, INDEPENDENT_ROWS),
    alone=True,
)
