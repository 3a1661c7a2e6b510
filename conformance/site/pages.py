"""Every page of the site by its place, and the order in which they are shown."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import draftproof
from draftproof import reference
from draftproof.conformance.site.commands import write_commands
from draftproof.conformance.site.links import MOVED, place, translate
from draftproof.conformance.site.operations import write_index, write_operation
from draftproof.properties.contracts import CONTRACTS

GUIDES = ("your_own_kernel.md", "how_it_is_proved.md", "power.md", "prefix_caching.md")
"""In the order in which one reads them; further pages of ``docs`` come behind."""

EXAMPLES = ("examples/speculate.py", "examples/chat_trace.py")

SECTIONS = {
    "Operations": "operations/",
    "Interface": "interface/",
    "Performance": "performance/",
    "Evidence": "evidence/",
    "Examples": "examples/",
}
"""The parts of the site with a folder of their own."""

PROJECT = ("contributing.md", "changelog.md", "licence.md")


def write_pages(root: Path) -> dict[str, str]:
    """Return the text of every page by its place on the site, from a checkout of the project."""
    documents = [path for path, to in MOVED.items() if to in ("index.md", *PROJECT)]
    documents += sorted(path.relative_to(root).as_posix() for path in (root / "docs").rglob("*.md"))
    pages = {}
    for path in documents:
        text = (root / path).read_text(encoding="utf-8")
        pages[place(path)] = (
            f"# Licence\n\n```text\n{text}\n```\n" if path == "LICENSE" else translate(text, path)
        )
    for path in EXAMPLES:
        pages[place(path)] = _write_listing(path, "python", (root / path).read_text(encoding="utf-8"))
    for name, contract in CONTRACTS.items():
        pages[f"operations/{name}.md"] = write_operation(contract)
    pages["operations/index.md"] = write_index(CONTRACTS.values())
    pages["interface/commands.md"] = write_commands()
    pages["interface/python.md"] = _write_interface(draftproof, "Python")
    pages["interface/oracles.md"] = _write_interface(reference, "Oracles")
    pages["evidence/index.md"] = _write_evidence(pages)
    return pages


def arrange(places: list[str]) -> list[Mapping[str, str | list[str]]]:
    """Return the navigation over all of these places, each once."""
    rest = sorted(places, key=lambda uri: (uri.rpartition("/")[2] not in ("index.md", "README.md"), uri))
    folders = {title: [uri for uri in rest if uri.startswith(folder)] for title, folder in SECTIONS.items()}
    known = {"index.md", *GUIDES, *PROJECT, *(uri for uris in folders.values() for uri in uris)}
    guides = [*(uri for uri in GUIDES if uri in rest), *(uri for uri in rest if uri not in known)]
    project = [uri for uri in PROJECT if uri in rest]
    sections = {"Guides": guides, **folders, "Project": project}
    return [{"Home": "index.md"}, *({title: uris} for title, uris in sections.items() if uris)]


def _write_listing(title: str, language: str, text: str) -> str:
    return f"# {title}\n\n```{language}\n{text}\n```\n"


def _write_interface(module: ModuleType, title: str) -> str:
    """Return the page of a module's public names, which mkdocstrings fills from their docstrings."""
    parts = [f"# {title}", inspect.getdoc(module) or ""]
    public = [name for name in module.__all__ if not name.startswith("_")]
    parts += [f"::: {module.__name__}.{name}" for name in public]
    return "\n\n".join(parts) + "\n"


def _write_evidence(pages: dict[str, str]) -> str:
    """Return the page that leads to every page of evidence."""
    parts = ["# Evidence", "What was run, on which machine, and what it has shown."]
    for uri in sorted(pages):
        if uri.startswith("evidence/"):
            title = pages[uri].partition("\n")[0].removeprefix("# ")
            parts.append(f"- [{title}]({uri.removeprefix('evidence/')})")
    return "\n\n".join(parts) + "\n"
