"""What the command line is asked for: operations, backends and cases that there are, or one explanation."""

import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reading.values import cut
from draftproof.conformance.reporting.report import short_name
from draftproof.properties.cases.plan import cases
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Contract, FunctionContract
from draftproof.properties.core.law import Law

MOST_ELEMENTS = 1e9
"""Numbers that a case may have: a typing error must not ask for a terabyte."""

LONGEST, MOST_DIGITS = 2000, 100
"""Characters of a case line, and digits of a size or a seed in it."""

MOST_TIMES = 10
"""How much longer than usual an axis of a law's own may be."""

COPY = "copy the whole line, and the law, from the report"


def select_contracts(operations: Sequence[str]) -> list[Contract]:
    """Return the contracts of the named operations, or all; DiagnosticError for an unknown name."""
    unknown = [name for name in operations if name not in CONTRACTS]
    if unknown:
        raise DiagnosticError(
            "operation-unknown",
            f"there is no operation {cut(', '.join(map(repr, unknown)))}",
            [],
            f"the operations are {', '.join(CONTRACTS)}",
        )
    return [CONTRACTS[name] for name in operations] or list(CONTRACTS.values())


def require_names(modules: Sequence[str]) -> Sequence[str]:
    """Return the modules; DiagnosticError for a path, or whatever else no module is called."""
    for module in modules:
        if not all(part.isidentifier() for part in module.split(".")) or module.endswith(".py"):
            path = Path(module)
            inside = path.parent if path.suffix == ".py" else path
            dotted = ".".join((*inside.parts, path.stem) if path.suffix == ".py" else path.parts)
            name = dotted if all(part.isidentifier() for part in dotted.split(".")) else path.stem
            folder = "" if name == dotted else f"cd {path.parent} && "
            raise DiagnosticError(
                "backend-name",
                f"the name of a module was expected, such as my_kernels, got {module!r}",
                [],
                f"{folder}draftproof check {name}, which Python imports from the folder that it is run in",
            )
    return modules


def refuse_alike(modules: Sequence[str]) -> Sequence[str]:
    """Return the modules; DiagnosticError if two have the last name in common, which names their results."""
    for module, other in combinations(require_names(modules), 2):
        if short_name(module) == short_name(other):
            raise DiagnosticError(
                "backends-alike",
                f"{module} and {other} are both called {short_name(module)!r} in report and matrix",
                [],
                "check them one after the other, each with a --report of its own",
            )
    return modules


def parse_request(line: str, law_name: str) -> tuple[Case, Law]:
    """Read the line of a case and find the law; DiagnosticError unless the law is checked on such cases."""
    if len(line) > LONGEST or re.search(rf"\d{{{MOST_DIGITS + 1}}}", line):
        raise DiagnosticError(
            "case-malformed",
            f"case {cut(line, 60)}: expected at most {LONGEST:,} characters, {MOST_DIGITS} digits in a row",
            [],
            COPY,
        )
    try:
        case = Case.parse(line)
    except ValueError as error:
        raise DiagnosticError("case-malformed", cut(str(error)), [], COPY) from error
    contract = select_contracts([case.operation])[0]
    laws = {law.name: law for law in contract.laws}
    if law_name not in laws:
        raise DiagnosticError(
            "law-unknown", f"{case.operation} has no law {law_name!r}", [], f"its laws are {', '.join(laws)}"
        )
    law = laws[law_name]
    model = next(iter((law.cases or cases)(contract, "cuda", "deep", 0)), case)
    expected = {
        "sizes": (case.shape, model.shape),
        "dtype": ([case.dtype], contract.dtypes),
        "options": (case.options, model.options),
        "flags": (case.flags, contract.flags),
    }
    wrong = [
        f"{what} of {', '.join(known) or 'none'} expected, got {cut(', '.join(asked)) or 'none'}"
        for what, (asked, known) in expected.items()
        if set(asked) - set(known) or (what in ("sizes", "options") and set(known) - set(asked))
    ]
    for name, choices in contract.options.items() if law.cases is None else ():
        if case.options.get(name, choices[0]) not in choices:
            wrong.append(f"{name} of {', '.join(choices)} expected, got {cut(case.options[name])}")
    if wrong:
        raise DiagnosticError("case-foreign", f"{law_name!r} has no such case: {cut(line)}", wrong, COPY)
    _refuse_impossible(contract, law, case)
    return case, law


def _refuse_impossible(contract: Contract, law: Law, case: Case) -> None:
    """Refuse a case of which no inputs can be made."""
    model = next(iter(law.cases(contract, "cuda", "deep", 0)), case) if law.cases else case
    for axis, size in case.shape.items():
        usual = contract.sizes.get(axis, (model.shape[axis],))
        if not size and axis != contract.batch and 0 not in usual:
            raise DiagnosticError("case-impossible", f"{axis} of at least 1 was expected, got 0: {case}")
        if size > MOST_TIMES * max(usual) and axis not in contract.sizes:
            raise DiagnosticError(
                "case-absurd", f"{axis} of at most {MOST_TIMES * max(usual)} was expected, got {size}: {case}"
            )
    shape = {axis: case.shape.get(axis, sizes[0]) for axis, sizes in contract.sizes.items()}
    # Not every size is counted where inputs are small beside what they are made from.
    if (cost := max(contract.cost(case.reshaped(**shape)), *case.shape.values())) > MOST_ELEMENTS:
        raise DiagnosticError(
            "case-absurd",
            f"a case of at most {MOST_ELEMENTS:.0e} numbers was expected, got {cost:.1e}: {cut(str(case))}",
        )
    if law.cases is None and isinstance(contract, FunctionContract):
        try:
            contract.fill(case)
        except (ValueError, OSError, ArithmeticError, LookupError) as error:
            why = str(error) if isinstance(error, ValueError | OSError) else repr(error)
            raise DiagnosticError("case-impossible", cut(f"{case}: {why}"), [], COPY) from error
