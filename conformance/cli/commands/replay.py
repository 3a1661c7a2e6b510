"""``draftproof replay``: one case again."""

from dataclasses import asdict
from typing import Annotated

import typer

from draftproof.conformance.cli.arguments import AsJson, OnDevice
from draftproof.conformance.cli.printing import out, print_json
from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.running.backends import choose_device
from draftproof.conformance.running.child import Child
from draftproof.conformance.running.request import parse_request, require_names
from draftproof.properties.core.verdict import State


def replay(
    case: Annotated[str, typer.Argument(help="A case in one line, as reports print it.")],
    backend: Annotated[str, typer.Option(help="The importable backend.")],
    law: Annotated[str, typer.Option(help="Which law to check.")] = "admissible",
    device: OnDevice = None,
    as_json: AsJson = False,
) -> None:
    """Run one case again and show every wrong decision."""
    (backend,) = require_names([backend])
    parsed, wanted = parse_request(case, law)
    with Child(backend, choose_device(backend, device)) as child:
        hello = child.hello()
        why = hello.broken or hello.unavailable
        if parsed.operation not in hello.operations:
            why = why or f"it has no operation {parsed.operation}"
        if hello.device not in wanted.devices:
            why = why or f"{law!r} is checked on {', '.join(wanted.devices)}, not on {hello.device}"
        if why:
            raise DiagnosticError("backend-unusable", f"cannot replay on {backend}: {why}")
        answer = child.check(parsed.operation, law, parsed, wanted.seconds)
    if as_json:
        print_json({**asdict(answer), "case": case, "law": law, "backend": backend})
    else:
        colour = "green" if answer.state is State.PASS else "red"
        out.print(f"[{colour}]{answer.state}[/] {law}: {wanted.sentence}", highlight=False)
        for finding in answer.findings:
            out.print(f"  {finding}", highlight=False, markup=False, soft_wrap=True)
        if answer.reason:
            out.print(f"  {answer.reason}", highlight=False, markup=False, soft_wrap=True)
        counts = f"{answer.decisions} decisions, {answer.forgiven} within the rounding bound"
        measures = "".join(f", {name} {value:.4g}" for name, value in answer.measures.items())
        out.print(f"  {counts}{measures}, {answer.seconds:.2f} s", highlight=False)
    raise typer.Exit(0 if answer.state is State.PASS else 1)
