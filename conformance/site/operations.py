"""The page of an operation, from its contract: enough to implement from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import cleandoc
from typing import Any

from draftproof.conformance.cli.description import describe_contract
from draftproof.properties.core.contract import Contract

NUMPYDOC = ("Parameters", "Returns", "Raises", "Attributes", "Notes")
"""Headings of docstrings, which on a page are headings too."""


def write_operation(contract: Contract) -> str:
    """Return the page of an operation, in Markdown."""
    known = describe_contract(contract)
    return "\n\n".join(part for part in _parts(known) if part) + "\n"


def write_index(contracts: Iterable[Contract]) -> str:
    """Return the page that lists the operations, by pillar."""
    pillars: dict[str, list[Contract]] = {}
    for contract in contracts:
        pillars.setdefault(contract.pillar, []).append(contract)
    parts = ["# Operations", "What may be judged, from the contracts that judge it."]
    for pillar, alike in sorted(pillars.items()):
        rows = [
            [f"[`{c.name}`]({c.name}.md)", c.rule.split(". ")[0].rstrip(".") + ".", ", ".join(c.backends)]
            for c in alike
        ]
        parts += [f"## {pillar.capitalize()}", tabulate(("operation", "rule", "backends of ours"), rows)]
    return "\n\n".join(parts) + "\n"


def tabulate(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; bars and line breaks in its texts are kept from breaking it."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(_one_line, cells))} |" for cells in lines)


def _one_line(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _parts(known: Mapping[str, Any]) -> Iterator[str]:
    name = known["operation"]
    yield f"# `{name}`"
    yield known["rule"]
    yield f"Source: {known['source']}."
    yield f"```python\n{known['call']}\n```"
    yield from _tensors(known)
    yield from _methods(known)
    yield "## Laws"
    yield f"`draftproof check your.module --op {name}` holds a module of yours to them."
    yield tabulate(
        ("law", "what must hold", "checked on"),
        [[law["name"], law["sentence"], ", ".join(law["devices"])] for law in known["laws"]],
    )
    if known["hostile features"]:
        yield "## What is planted in the inputs"
        yield tabulate(("feature", "what it is"), known["hostile features"].items())
    yield from _work(known)
    yield from _oracle(known)


def _tensors(known: Mapping[str, Any]) -> Iterator[str]:
    if "arguments" not in known:
        return
    headings = ("name", "shape", "dtype", "meaning")
    yield "## Arguments"
    arguments = [_tensor(argument) for argument in known["arguments"]]
    arguments += [[f"`{word}=`", "", "", " or ".join(some)] for word, some in known["keywords"].items()]
    yield tabulate(headings, arguments)
    yield "## Returns"
    yield tabulate(headings, [_tensor(output) for output in known["outputs"]])
    if known["status"]:
        yield tabulate(("status", "meaning"), [[f"`{bit}`", text] for bit, text in known["status"].items()])


def _tensor(tensor: Mapping[str, Any]) -> list[str]:
    notes = [note for note in ("optional", "written to", "untrusted") if tensor[note]]
    meaning = tensor["meaning"] + f" ({', '.join(notes)})" * bool(notes)
    return [f"`{tensor['name']}`", f"`{tensor['shape']}`", tensor["dtype"], meaning]


def _methods(known: Mapping[str, Any]) -> Iterator[str]:
    if "methods" not in known:
        return
    yield "## Calls"
    for name, method in known["methods"].items():
        yield f"### `{name}`"
        yield f"```python\n{name}{method['call']}\n```"
        yield write_docstring(method["text"])
    yield "## Values"
    yield tabulate(("value", "what it is"), [[f"`{name}`", text] for name, text in known["values"].items()])


def _work(known: Mapping[str, Any]) -> Iterator[str]:
    if known["work"]:
        yield "## Work"
        yield "What must be moved and computed at the shapes that are timed, and our targets on an H100."
        rows = [[_state(effort[key]) for key in known["work"][0]] for effort in known["work"]]
        yield tabulate(tuple(known["work"][0]), rows)
    if known["memory"]:
        rows = [[size, f"{amount:,}"] for size, amount in known["memory"].items()]
        yield tabulate(("rows", "bytes allowed beyond inputs and outputs"), rows)


def _state(value: str | float | None) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else f"{value:,.10g}"


def _oracle(known: Mapping[str, Any]) -> Iterator[str]:
    yield "## Oracle"
    yield f"`draftproof.reference.{known['operation']}`"
    yield write_docstring(known["oracle"]["text"])
    for term in known["oracle"]["terms"]:
        yield f"### `{term['name']}`"
        yield term["meaning"]
        if "code" in term:
            yield f"```python\n{term['code']}\n```"


def write_docstring(text: str) -> str:
    """Return a docstring as Markdown: its sections and entries as lists, its examples as code."""
    written: list[str] = []
    section = False
    for block in cleandoc(text).split("\n\n"):
        head, _, rest = block.partition("\n")
        if head in NUMPYDOC and rest.startswith("---"):
            section = True
            written.append(f"**{head}**")
            block = rest.partition("\n")[2]
        if block.startswith(">>>"):
            written.append(f"```python\n{block}\n```")
        elif section:
            written.append(_list_entries(block))
        else:
            written.append(block)
    return "\n\n".join(written)


def _list_entries(block: str) -> str:
    """Turn names with indented texts below them into a list."""
    entries: list[list[str]] = []
    for line in block.splitlines():
        if line.startswith(" ") and entries:
            entries[-1].append(line.strip())
        else:
            entries.append([f"`{line}`:"])
    return "\n".join(f"- {' '.join(entry)}" for entry in entries)
