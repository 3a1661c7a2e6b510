"""The documentation site, as far as it can be held without building it: pages, links, order."""

import posixpath
import re
from pathlib import Path

import pytest

import draftproof
from draftproof import reference
from draftproof.conformance.site.links import CODE, LINK, translate
from draftproof.conformance.site.operations import tabulate, write_docstring
from draftproof.conformance.site.pages import arrange, write_pages
from draftproof.properties.contracts import CONTRACTS, FUNCTIONS
from draftproof.properties.core.contract import ObjectContract

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return write_pages(ROOT)


def test_every_document_has_a_page_and_every_page_its_place_in_the_navigation(pages: dict[str, str]) -> None:
    documents = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert set(documents) <= set(pages)
    home, *parts = arrange(list(pages))
    listed = [home["Home"], *(uri for part in parts for uris in part.values() for uri in uris)]
    assert sorted(listed) == sorted(pages)
    assert listed[0] == "index.md"
    assert all(text.startswith("# ") for text in pages.values())


def test_a_document_that_is_added_finds_its_place() -> None:
    parts = arrange(["index.md", "power.md", "new_guide.md", "operations/new.md", "operations/index.md"])
    assert {"Guides": ["power.md", "new_guide.md"]} in parts
    assert {"Operations": ["operations/index.md", "operations/new.md"]} in parts


def test_links_lead_to_pages_and_drawings(pages: dict[str, str]) -> None:
    followed = 0
    for uri, text in pages.items():
        for _, target, _ in LINK.findall(CODE.sub("", text)):
            if "://" not in target:
                found = posixpath.normpath(posixpath.join(posixpath.dirname(uri), target))
                assert found in pages or (ROOT / "docs" / found).is_file(), f"{uri}: {target}"
                followed += 1
    assert followed > 30


def test_what_stands_beside_a_language_is_shown_or_left_out(pages: dict[str, str]) -> None:
    for uri, text in pages.items():
        for beside in re.findall(r"^```\w+ (.*)$", text, re.MULTILINE):
            assert re.fullmatch(r'title="[\w./]+"', beside), f"{uri}: {beside}"
    assert '```python title="my_kernels.py"' in pages["your_own_kernel.md"]


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_page_of_an_operation_suffices_to_implement_it(name: str, pages: dict[str, str]) -> None:
    contract, text = CONTRACTS[name], pages[f"operations/{name}.md"]
    assert contract.rule in text
    assert contract.source in text
    for law in contract.laws:
        assert f"| {law.name} | {law.sentence.replace('|', chr(92) + '|')} |" in text
    for flag in contract.flags:
        assert f"| {flag} |" in text
    if name in FUNCTIONS:
        for tensor in (*FUNCTIONS[name].arguments, *FUNCTIONS[name].outputs):
            assert f"| `{tensor.name}` | `{tensor.shape}` |" in text
    if isinstance(contract, ObjectContract):
        for method in contract.methods:
            assert f"### `{method}`" in text
    assert f"[`{name}`]({name}.md)" in pages["operations/index.md"]


@pytest.mark.parametrize("module", [draftproof, reference], ids=["python", "oracles"])
def test_every_public_name_is_documented(module: object, pages: dict[str, str]) -> None:
    text = pages[f"interface/{'python' if module is draftproof else 'oracles'}.md"]
    for name in module.__all__:
        if not name.startswith("_"):
            assert f"::: {module.__name__}.{name}\n" in text
            assert getattr(module, name).__doc__.strip()


def test_every_command_is_listed_with_its_options(pages: dict[str, str]) -> None:
    text = pages["interface/commands.md"]
    for command in ("check", "bench", "replay", "explain", "trace"):
        assert f"## `draftproof {command}`" in text
    for option in ("--budget", "--seconds", "--waivers", "--report"):
        assert option in text


def test_links_follow_their_documents() -> None:
    assert (
        translate("[a](docs/power.md) [b](https://c.d/e.md)", "README.md")
        == "[a](power.md) [b](https://c.d/e.md)"
    )
    assert translate("[a](../evidence)", "docs/performance/README.md") == "[a](../evidence/index.md)"
    assert translate("[a](../../docs/power.md#x)", "docs/evidence/h.md") == "[a](../power.md#x)"
    assert translate("[a](examples/speculate.py)", "README.md") == "[a](examples/speculate.md)"
    code = "```text\nf[a](b)\n```"
    assert translate(code, "README.md") == code


def test_docstrings_become_lists_and_code() -> None:
    text = "Sum.\n\nParameters\n----------\nx\n    float32 [N],\n    any.\ny\n    Too.\n\n>>> f(1)\n2"
    entries, example = "- `x`: float32 [N], any.\n- `y`: Too.", "```python\n>>> f(1)\n2\n```"
    assert write_docstring(text) == f"Sum.\n\n**Parameters**\n\n{entries}\n\n{example}"
    assert tabulate(("a",), [["b | c\nd"]]) == "| a |\n| --- |\n| b \\| c d |"
