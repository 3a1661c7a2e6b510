"""A contract as plain values: enough to implement from."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from draftproof.conformance.cli.terms import describe_bits, list_terms
from draftproof.properties.cases.features import FEATURES
from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import Argument, Contract, FunctionContract, ObjectContract


def describe_contract(contract: Contract) -> dict[str, Any]:
    """Return the contract's rule, calls, laws, options and work, and the oracle's own words."""
    return {
        "operation": contract.name,
        "pillar": contract.pillar,
        "rule": contract.rule,
        "source": contract.source,
        **_calls(contract),
        "dtypes": list(contract.dtypes),
        "oracle": {
            "text": inspect.getdoc(contract.oracle) or "",
            "code": str(Path(inspect.getsourcefile(contract.oracle) or "").resolve()),
            "terms": [term.plain() for term in list_terms(contract.oracle)],
        },
        "laws": [
            {"name": law.name, "sentence": law.sentence, "devices": list(law.devices)}
            for law in contract.laws
        ],
        "hostile features": {flag: FEATURES.get(flag, "") for flag in contract.flags},
        "work": list(_work(contract)),
        "memory": _memory(contract),
    }


def _calls(contract: Contract) -> dict[str, Any]:
    """Return how the thing under contract is called."""
    if isinstance(contract, FunctionContract):
        return {
            "call": _write_call(contract),
            "arguments": [_tensor(argument, contract.dtypes) for argument in contract.arguments],
            "keywords": {name: list(_choices(contract, name)) for name in contract.keywords},
            "outputs": [_tensor(output, contract.dtypes) for output in contract.results],
            "status": describe_bits(" ".join(o.meaning for o in contract.outputs if o.name == "status")),
        }
    if isinstance(contract, ObjectContract):
        oracle = contract.oracle
        return {
            "call": f"{contract.name}{_signature(vars(oracle)['__init__'])}",
            "methods": {name: _method(method) for name, method in contract.methods.items()},
            "values": {
                name: inspect.getdoc(value) or ""
                for name, value in inspect.getmembers(oracle)
                if isinstance(value, property)
            },
        }
    return {}


def _write_call(contract: FunctionContract) -> str:
    """Return the call with its arguments in order, and what it returns."""
    arguments = [argument.name for argument in contract.arguments]
    keywords = ["*", *contract.keywords] if contract.keywords else []
    outputs = ", ".join(output.name for output in contract.outputs)
    returned = f"({outputs})" if len(contract.outputs) > 1 else outputs or "None"
    return f"{contract.name}({', '.join([*arguments, *keywords])}) -> {returned}"


def _tensor(argument: Argument, dtypes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": argument.name,
        "shape": argument.shape,
        "dtype": " or ".join(dtypes) if argument.dtype == "float" else argument.dtype,
        "meaning": argument.meaning,
        "optional": argument.optional,
        "written to": argument.mutated,
        "untrusted": argument.hostile,
    }


def _choices(contract: Contract, keyword: str) -> tuple[str, ...]:
    return contract.options.get(keyword, ("an integer",))


def _method(method: Callable[..., Any]) -> dict[str, str]:
    return {"call": _signature(method), "text": inspect.getdoc(method) or ""}


def _signature(method: Any) -> str:
    """Return a method's signature without ``self``; what a type is called, not where it is from."""
    signature = inspect.signature(method)
    own = [each for name, each in signature.parameters.items() if name != "self"]
    text = str(signature.replace(parameters=own))
    for module in ("collections.abc.", "draftproof.reference.prefix.node.", "numpy."):
        text = text.replace(module, "")
    return text


def _work(contract: Contract) -> Iterator[dict[str, Any]]:
    """Yield what an implementation must move and compute at most, at the shapes that are timed."""
    if isinstance(contract, FunctionContract):
        for bench in contract.benches:
            moved = contract.work.bytes(bench.case.shape, None, None)
            flops = contract.work.flops(bench.case.shape, None, None)
            yield _effort(bench.case, moved, flops, bench.target_us)
    if isinstance(contract, ObjectContract):
        for act in contract.acts:
            yield _effort(act.case, act.bytes_per_unit, 0.0, act.target_us)


def _effort(case: Case, moved: float, flops: float, target: float | None) -> dict[str, Any]:
    _, shape, dtype, options, *_ = str(case).split("/")
    return {
        "shape": f"{shape} {dtype}",
        "options": options,
        "bytes": moved,
        "operations": flops or None,
        "target, us": target,
    }


def _memory(contract: Contract) -> dict[str, int]:
    """Return the bytes that may be taken beyond inputs and outputs, by size of the batch."""
    if not isinstance(contract, FunctionContract):
        return {}
    least = {axis: sizes[0] for axis, sizes in contract.sizes.items()}
    return {str(size): contract.work.scratch({**least, contract.batch: size}) for size in (1, 256)}
