"""The way in: a contract in words, a module to begin with, settings of a project, what has changed."""

import inspect
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from draftproof.conformance.cli import skeleton
from draftproof.conformance.cli.commands import new
from draftproof.conformance.reporting.difference import compare
from draftproof.conformance.reporting.records import Report
from draftproof.conformance.reporting.report import read
from draftproof.properties.cases.features import FEATURES
from draftproof.properties.contracts import CONTRACTS, FUNCTIONS
from draftproof.properties.core.contract import FunctionContract, ObjectContract
from draftproof.properties.core.verdict import State
from draftproof.reference.status import Status

Draftproof = Callable[..., Any]

CHECK = ("check", "mine", "--op", "sample", "--budget", "small")


def squeeze(text: str) -> str:
    """Return what a table says, whatever its columns."""
    return " ".join(re.sub(r"[│┃]", " ", text).split())


@pytest.mark.parametrize("operation", CONTRACTS)
def test_every_hostile_feature_is_said_in_words(draftproof: Draftproof, operation: str) -> None:
    features = draftproof("explain", operation, "--json").document["hostile features"]
    assert features.keys() == set(CONTRACTS[operation].flags)
    assert all(features.values())
    assert set(FEATURES) == {flag for contract in CONTRACTS.values() for flag in contract.flags}


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_explain_says_the_call_and_the_work(draftproof: Draftproof, operation: str) -> None:
    contract = FUNCTIONS[operation]
    done = draftproof("explain", operation)
    first = next(line for line in done.out.splitlines() if line.startswith(f"{operation}("))
    names = re.findall(r"\w+", first.partition(" -> ")[0])[1:]
    assert names == [*(argument.name for argument in contract.arguments), *contract.keywords]
    outputs = re.findall(r"\w+", first.partition(" -> ")[2])
    assert outputs == [output.name for output in contract.outputs]
    for bench in contract.benches:
        assert f"{contract.work.bytes(bench.case.shape, None, None):,.0f}" in done.out


@pytest.mark.parametrize("operation", [name for name, c in FUNCTIONS.items() if len(c.outputs) > 1])
def test_explain_says_the_bits_with_their_values(draftproof: Draftproof, operation: str) -> None:
    status = draftproof("explain", operation, "--json").document["status"]
    assert status
    assert all(re.fullmatch(r"[A-Z_]+ = \d+", bit) and meaning for bit, meaning in status.items())
    for bit in Status:
        if bit.name and bit.name in CONTRACTS[operation].rule:
            assert f"{bit.name} = {bit.value}" in status


def test_brackets_are_no_markup(draftproof: Draftproof) -> None:
    assert "request r is tokens[offsets[r]:offsets[r+1]]" in squeeze(
        draftproof("explain", "match_prefixes").out
    )
    assert "E[accepted] equals its" in squeeze(draftproof("explain", "verify_chain").out)


def test_explain_has_the_methods_and_values_of_the_tree(draftproof: Draftproof) -> None:
    said = draftproof("explain", "RadixTree").out
    assert "confirm(node: int, length: int, epoch: int) -> Match" in said
    assert "slots[:present] are the tree's own or duplicates for the caller to free" in squeeze(said)
    assert "lfu: Least frequently used first; among equals the one not used longest." in said
    for name in ("cached", "locked", "evictable", "nodes", "epoch"):
        assert name in draftproof("explain", "RadixTree", "--json").document["values"]


def test_explain_has_the_hash_of_the_flat_tree(draftproof: Draftproof) -> None:
    said = draftproof("explain", "match_prefixes").out
    for line in (
        "mix(key ^ node * GOLDEN_PRIME)",
        "x ^= x >> 16",
        "GOLDEN: 0x9e3779b9",
        "KEY = 4: Fingerprint",
    ):
        assert line in said


def test_80_columns_cut_nothing_of_it(draftproof: Draftproof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for operation in CONTRACTS:
        assert "…" not in draftproof("explain", operation).out


@pytest.mark.parametrize(
    ("operation", "with_torch"),
    [("RadixTree", True), ("sample", False), ("sample", True), ("match_prefixes", True), ("uniforms", False)],
)
def test_a_skeleton_is_judged_and_fails(
    draftproof: Draftproof, monkeypatch: pytest.MonkeyPatch, operation: str, with_torch: bool
) -> None:
    monkeypatch.setattr(new, "find_spec", lambda _: object() if with_torch else None)
    done = draftproof("new", operation)
    assert done.code == 0
    command = done.out.splitlines()[-1].partition("judge it: ")[2]
    asked = ("--device", "cpu", "--law", CONTRACTS[operation].laws[0].name, "--exitfirst", "-n", "1")
    judged = draftproof(*shlex.split(command)[1:], *asked)
    assert judged.code == 1
    states = {result.state for result in read(Path("report/my_kernels.jsonl")).results}
    assert states <= {State.FAIL, State.PASS, State.NOT_RUN}
    assert State.FAIL in states


@pytest.mark.parametrize("operation", CONTRACTS)
@pytest.mark.parametrize("with_torch", [True, False])
def test_a_skeleton_has_the_call_of_its_contract(operation: str, with_torch: bool) -> None:
    module: dict[str, Any] = {}
    exec(skeleton.write_skeleton(CONTRACTS[operation], "mine", with_torch=with_torch), module)
    contract = CONTRACTS[operation]
    if isinstance(contract, FunctionContract):
        wanted = [*(argument.name for argument in contract.arguments), *contract.keywords]
        assert list(inspect.signature(module[operation]).parameters) == wanted
    else:
        assert isinstance(contract, ObjectContract)
        assert all(hasattr(module[operation], name) for name in (*contract.methods, "cached"))


def test_a_skeleton_has_the_axes_of_its_outputs() -> None:
    assert [skeleton._size(axis) for axis in ("8", "K+1", "V/32", "D?")] == ["8", "K + 1", "-(-V // 32)", "0"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("new sampel", "there is no operation 'sampel' [operation-unknown]"),
        ("new sample right.py", "right.py is there already, and is left as it is [file-exists]"),
        ("new sample my-kernels.py", "a name that can be imported was expected"),
        ("new sample kernels.txt", "a name that can be imported was expected"),
        ("new sample nowhere/kernels.py", "cannot write nowhere/kernels.py"),
        ("diff right.py right.py", "[report-malformed]"),
    ],
)
def test_what_makes_no_sense_is_refused(draftproof: Draftproof, command: str, says: str) -> None:
    before = Path("right.py").read_text()
    done = draftproof(*shlex.split(command))
    assert done.code == 2
    assert says in done.err
    assert Path("right.py").read_text() == before


SETTINGS = """
[project]
name = "theirs"

[tool.draftproof]
backends = ["right"]
op = ["sample"]
law = ["repeatable"]
budget = "small"
report = "made/report"
seed = 3
"""


def test_a_project_keeps_its_options(draftproof: Draftproof, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pyproject.toml").write_text(SETTINGS)
    assert draftproof("check").code == 0
    suite = read(Path("made/report/right.jsonl")).header.suite
    assert (suite.budget, suite.seed) == ("small", 3)
    # What is said on the command line goes first.
    assert draftproof("check", "--seed", "4").code == 0
    assert read(Path("made/report/right.jsonl")).header.suite.seed == 4
    # Paths are from the project's folder, wherever it is run.
    Path("inside").mkdir()
    Path("inside/right.py").write_text(Path("right.py").read_text())
    monkeypatch.chdir("inside")
    assert draftproof("check", "--seed", "5").code == 0
    assert read(Path("../made/report/right.jsonl")).header.suite.seed == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.draftproof]\nbudgett = 'small'", "[tool.draftproof] has no budgett [settings-unknown]"),
        ("[tool.draftproof]\nop = 'sample'", "op: a list of texts was expected, got 'sample'"),
        ("[tool.draftproof]\nquiet = 1", "quiet: true or false was expected, got 1"),
        ("[tool.draftproof]\nseed = true", "seed: a number was expected, got True"),
        ("[tool.draftproof]\nbudget = 'huge'", "'huge' is not one of"),
        ("[tool.draftproof", "cannot be read [settings-malformed]"),
        ("tool = 3\n[x]", "no operation"),
        ("[tool]\ndraftproof = 3", "[tool.draftproof] has no 3 [settings-unknown]"),
    ],
)
def test_settings_that_make_no_sense_are_refused(draftproof: Draftproof, text: str, says: str) -> None:
    Path("pyproject.toml").write_text(text)
    done = draftproof("check", "right", "--op", "sampel")
    assert done.code == 2
    assert says in re.sub(r"\s*│?\n│?\s*", " ", done.err)
    assert draftproof("list").code == 0


def test_what_has_changed_from_one_report_to_another(draftproof: Draftproof) -> None:
    laws = ("--law", "admissible", "--law", "repeatable")
    draftproof(*CHECK, *laws, "--report", "old")
    Path("mine.py").write_text(Path("right.py").read_text())
    draftproof(*CHECK, *laws, "--report", "new")
    done = draftproof("diff", "old/mine.jsonl", "new/mine.jsonl")
    assert done.code == 0
    assert re.search(r"better fail -> pass: sample float32, admissible", done.out)
    assert re.search(
        r"^0 worse, \d+ better, 0 other; unchanged: \d+ pass, \d+ not run$", done.out, re.MULTILINE
    )
    back = draftproof("diff", "new/mine.jsonl", "old/mine.jsonl")
    assert back.code == 1
    assert "worse pass -> fail: sample float32, admissible" in back.out
    assert "draftproof replay" in back.out
    document = draftproof("diff", "new/mine.jsonl", "old/mine.jsonl", "--json").document
    assert {change["law"] for change in document["worse"]} == {"admissible"}
    assert draftproof("diff", "old/mine.jsonl", "old/mine.jsonl").code == 0


def test_what_is_no_longer_judged_is_worse(draftproof: Draftproof) -> None:
    right = ("check", "right", "--op", "sample", "--budget", "small", "--law", "repeatable")
    draftproof(*right, "--report", "old")
    draftproof(*right[:-1], "inputs unchanged", "--report", "new")
    done = draftproof("diff", "old/right.jsonl", "new/right.jsonl")
    assert done.code == 1
    assert "worse pass -> not run: sample float32, repeatable" in done.out
    assert "better not run -> pass: sample float32, inputs unchanged" in done.out


def test_reports_without_a_common_check_are_refused(reports: tuple[Report, ...]) -> None:
    old = reports[0]
    other = replace(old, results=tuple(replace(each, law="another") for each in old.results))
    with pytest.raises(ValueError, match="no check in common"):
        compare(old, other)


def test_in_what_else_two_runs_differ_is_said(reports: tuple[Report, ...]) -> None:
    remarks = compare(reports[0], reports[1]).remarks
    names = [report.header.subject.backend for report in reports[:2]]
    assert remarks == (f"backend: {names[0]}, now {names[1]}",)
