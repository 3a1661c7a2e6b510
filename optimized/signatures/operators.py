"""Every operation is one ``torch.library`` operator, ``draftproof::<operation>``, for ``torch.compile``.

It has the declared arguments in order, ``check`` if there is a status, and ``backend``, which may be "" for
the fastest. Schema, mutated arguments and fake implementation follow from the signature.
"""

from collections.abc import Callable
from typing import Any

import torch

from draftproof.optimized.signatures.declarations import Argument, Choice, Count
from draftproof.optimized.signatures.signature import Signature

NAMESPACE = "draftproof"


def register(signature: Signature, run: Callable[[list[Any], bool, str], Any]) -> Any:
    """Register the operator of a signature and return it; ``run`` gets values, check and backend."""

    def real(*given: Any) -> Any:
        values, check, backend = _apart(signature, given)
        outputs = signature.unpack(run(values, check, backend))
        return outputs[0] if len(outputs) == 1 else outputs or None

    def fake(*given: Any) -> Any:
        outputs = signature.imagine(_apart(signature, given)[0])
        return outputs[0] if len(outputs) == 1 else tuple(outputs) or None

    name = f"{NAMESPACE}::{signature.name}"
    torch.library.custom_op(
        name, real, mutates_args=signature.mutated, schema=schema(signature)
    ).register_fake(fake)
    return getattr(getattr(torch.ops, NAMESPACE), signature.name).default


def schema(signature: Signature) -> str:
    """Return the operator's schema in torch's notation, without its name."""
    arguments = [_schema_of(argument, place) for place, argument in enumerate(signature.arguments)]
    arguments += [*(["bool check"] if signature.has_status else []), "str backend"]
    outputs = ["Tensor"] * len(signature.outputs)
    returned = outputs[0] if len(outputs) == 1 else f"({', '.join(outputs)})"
    return f"({', '.join(arguments)}) -> {returned}"


def _schema_of(argument: Argument, place: int) -> str:
    if isinstance(argument, Choice):
        return f"str {argument.name}"
    if isinstance(argument, Count):
        return f"SymInt {argument.name}"
    written = f"(a{place}!)" if argument.mutated else ""
    return f"Tensor{written}{'?' * argument.optional} {argument.name}"


def _apart(signature: Signature, given: tuple[Any, ...]) -> tuple[list[Any], bool, str]:
    *values, backend = given
    check = values.pop() if signature.has_status else False
    return values, check, backend
