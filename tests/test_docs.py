"""The documentation is true: its code runs, in order, and prints what it says."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXECUTED = ("your_own_kernel.md", "promises.md", "how_it_is_proved.md", "prefix_caching.md")
README = ROOT / "README.md"
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *ROOT.glob("docs/*.md"),
]
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d[\d.,]*(?:e[+-]\d+)?")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, what stands beside it, its text."""

    language: str
    beside: str
    text: str


def blocks(path: Path) -> list[Block]:
    return [Block(*match.groups(default="")) for match in FENCE.finditer(path.read_text(encoding="utf-8"))]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    here = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    # A test run's own settings are nobody else's.
    for name in ("PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        environment.pop(name, None)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def told(text: str) -> str:
    """Return what a text says, whatever its numbers, line breaks and table borders are."""
    return " ".join(NUMBER.sub("#", re.sub(r"[│┃]", " ", text)).split())


@pytest.mark.parametrize("document", EXECUTED)
def test_a_page_runs_from_its_first_block_to_its_last(document: str, tmp_path: Path) -> None:
    printed = ""
    for block in blocks(ROOT / "docs" / document):
        if block.language == "bash":
            done = run(block.text, tmp_path)
            printed = done.stdout
            assert done.returncode == int(block.beside.removeprefix("exit=") or 0), block.text + printed
        elif block.language == "text":
            for line in block.text.splitlines():
                # What a line of the page says of a case drawn from the list differs from list to list.
                if not line.startswith("    "):
                    assert told(line) in told(printed), line
        else:
            assert block.beside, f"a {block.language} block without a file name"
            (tmp_path / block.beside).write_text(block.text, encoding="utf-8")
    assert printed


def test_the_lines_of_the_readme_run(tmp_path: Path) -> None:
    lines, *more = [block.text for block in blocks(README) if block.language == "python"]
    assert len(lines.splitlines()) == 3
    shown = "print(tokens.shape, accepted.dtype, status.tolist())\n"
    (tmp_path / "lines.py").write_text("".join([lines, *more, shown]))
    done = run("python lines.py", tmp_path)
    assert done.returncode == 0, done.stdout
    assert "[0]" in done.stdout


def test_the_two_commands_are_those_that_ci_and_nox_know() -> None:
    main_job, tests = [
        line for block in blocks(README) if block.beside == "setup" for line in [block.text.strip()]
    ]
    assert main_job.endswith("nox -s conformance")
    assert tests.endswith("nox")
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith(tests)
    sessions = re.findall(
        r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    for document in DOCUMENTS:
        for named in re.findall(r"nox -s (\w+)", document.read_text(encoding="utf-8")):
            assert named in sessions or f"{named}_" in sessions, f"{document.name}: nox -s {named}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_linked_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    for target in targets:
        if target.startswith(("https://", "docs/evidence/")):
            continue
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_named_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for named in re.findall(
        r"`((?:reference|optimized|properties|conformance|examples|tests)/[\w./]*)`", text
    ):
        assert (ROOT / named).exists(), named


def test_the_matrix_has_its_place() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count("<!-- matrix -->") == text.count("<!-- /matrix -->") == 1
