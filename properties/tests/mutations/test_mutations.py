"""Mutations change what they say and nothing else, in a copy of the source that the real one never sees."""

import ast
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.faults.mutations import Mutation, mutations
from draftproof.properties.faults.mutations.definitions import code, reached
from draftproof.properties.faults.mutations.equivalents import equivalents, unused
from draftproof.properties.faults.mutations.mutation import home, package_of, share_of
from draftproof.properties.faults.mutations.operators import changes

CHANGED = {
    "a < b": {"comparison: a < b -> (a <= b)", "comparison: a < b -> (a >= b)"},
    "a < b <= c": {
        "comparison: a < b <= c -> (a <= b <= c)",
        "comparison: a < b <= c -> (a >= b <= c)",
        "comparison: a < b <= c -> (a < b < c)",
        "comparison: a < b <= c -> (a < b > c)",
    },
    "a == b": {"comparison: a == b -> (a != b)"},
    "a is None": {"comparison: a is None -> (a is not None)"},
    "a in b": {"comparison: a in b -> (a not in b)"},
    "a + b": {"arithmetic: a + b -> (a - b)"},
    "a // b": {"arithmetic: a // b -> (a * b)"},
    "a & b": {"arithmetic: a & b -> (a | b)"},
    "a >> b": {"arithmetic: a >> b -> (a << b)"},
    "a += b": {"arithmetic: a += b -> a -= b", "left out: a += b -> pass"},
    "a and b": {"and or or: a and b -> (a or b)"},
    "not a": {"sign or not: not a -> (a)"},
    "~a": {"sign or not: ~a -> (a)"},
    "7": {"integer: 7 -> 8", "integer: 7 -> 6"},
    "0": {"integer: 0 -> 1", "integer: 0 -> (-1)"},
    "-1": {"integer: 1 -> 2", "integer: 1 -> 0"},
    "1.0": {"float: 1.0 -> 2.0", "float: 1.0 -> 0.5"},
    "0.0": {"float: 0.0 -> 1.0"},
    "True": {"boolean: True -> False"},
    "a[b:]": {"slice: b -> (b + 1)", "slice: b -> (b - 1)"},
    "f(a, b=c)": {"without b: f(a, b=c) -> (f(a))"},
    "f(max=c)": {"without max: f(max=c) -> (f())", "min or max: max=c -> min=c"},
    "f(device=c)": set(),
    "zip(a, b, strict=True)": set(),
    "x.where(a, b, c)": {"branches: x.where(a, b, c) -> (x.where(a, c, b))"},
    "a if b else c": {"branches: a if b else c -> (c if b else a)"},
    "min(a)": {"min or max: min -> max"},
    "(~a).any(b)": {"any or all: any -> all", "sign or not: ~a -> (a)"},
    "x.float32": {"dtype: float32 -> float64"},
    "a.long()": {"dtype: long -> int"},
    "int(a)": set(),
    "'amin'": {"min or max: 'amin' -> 'amax'"},
    "'other'": set(),
    "f'{a + b}'": set(),
}
"""Expressions and statements, with everything that is made of them."""


def made_of(text: str) -> set[str]:
    found = set()
    for node in code(ast.parse(text)):
        for change in changes(node):
            before = ast.get_source_segment(text, change.node)
            found.add(f"{change.kind}: {before} -> {change.after}")
    return found


def only(operation: str, change: str, within: str) -> Mutation:
    (found,) = (each for each in mutations(operation) if each.change == change and each.within == within)
    return found


@pytest.mark.parametrize("text", CHANGED)
def test_the_changes_are_those_named(text: str) -> None:
    # A bare name is no statement that could be left out, so that the whole is not.
    whole = text if "+=" in text else f"use({text})"
    left_out = f"left out: {whole} -> pass"
    assert made_of(whole) - {left_out} | (CHANGED[text] & {left_out}) == CHANGED[text]


STATEMENTS = {
    "if a:\n    f()": {"condition: a -> (not (a))", "left out: f() -> pass"},
    "while a:\n    break": {
        "condition: a -> (not (a))",
        "loop: break -> continue",
        "left out: break -> pass",
    },
    "def f():\n    return a": {"return: return a -> return None"},
    "raise ValueError(1 + 1)": {"left out: raise ValueError(1 + 1) -> pass"},
    "def f(a: 1 = 2) -> 3: ...": {"integer: 2 -> 3", "integer: 2 -> 1"},
    '"""Text."""': set(),
    "import a\nfrom b import c": set(),
    "if TYPE_CHECKING:\n    a = 1": set(),
    "a = tl.multiple_of(b, 16)": set(),
    "@f(1)\nclass C:\n    a: f(1)": set(),
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements_go_and_what_is_not_run_stays(text: str) -> None:
    assert made_of(text) == STATEMENTS[text]


@pytest.mark.parametrize("operation", CONTRACTS)
def test_every_mutation_is_another_program_that_can_be_read(operation: str) -> None:
    texts: dict[str, str] = {}
    for mutation in share_of(mutations(operation), 0.1, 0):
        path = Path(__file__).parents[3] / mutation.file
        text = texts.setdefault(mutation.file, path.read_text(encoding="utf-8"))
        changed = mutation.apply(text)
        ast.parse(changed)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text)), mutation
        assert str(mutation).startswith(f"{mutation.file}:{mutation.line}:")


def test_columns_are_bytes_and_lines_may_be_many() -> None:
    text = "x = 'é' if (a\n  < b) else c  # ü\ny = 1\n"
    mutation = replace(mutations("vector_add")[0], line=1, column=13, end=(2, 5), after="b")
    assert mutation.apply(text) == "x = 'é' if (b) else c  # ü\ny = 1\n"


def test_what_an_operation_calls_is_changed_with_it_and_nothing_else() -> None:
    assert {mutation.within for mutation in mutations("sample")} == {"draw", "mass", "sample"}
    names = reached(home("RadixTree", package_of("RadixTree")), "RadixTree", package_of("RadixTree"))
    assert set(names) == {
        f"draftproof.reference.prefix.{name}"
        for name in ("checks", "node", "policy", "radix_tree", "structure")
    }
    (files,) = {mutation.file for mutation in mutations("vector_add", "draftproof.optimized.triton")} & {
        "optimized/triton/row.py"
    }
    assert files


def test_an_unknown_operation_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"operation must be one of .*sample.*, got 'nothing'"):
        mutations("nothing")


def test_a_share_is_seeded_and_in_order() -> None:
    found = mutations("sample")
    some = share_of(found, 0.25, 3)
    assert some == share_of(found, 0.25, 3) != share_of(found, 0.25, 4)
    assert some == sorted(some, key=found.index)
    assert len(some) == round(len(found) / 4)
    assert share_of(found, 1e-9, 0)
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\], got 0"):
        share_of(found, 0, 0)


def test_a_copy_with_a_change_leaves_the_real_one_alone() -> None:
    torch = pytest.importorskip("torch")
    from draftproof.optimized import eager
    from draftproof.optimized.signatures.implement import OPERATIONS
    from draftproof.properties.faults.mutations.loading import load

    modules, entered = dict(sys.modules), dict(OPERATIONS["sample"].backends)
    unchanged = load("sample", None)
    changed = load(
        "sample",
        only(
            "sample",
            "branches: torch.where(first < beyond, first, last) -> "
            "(torch.where(first < beyond, last, first))",
            "draw",
        ),
    )
    given = torch.tensor([[0.2, 0.0, 0.8]]), torch.tensor([0.1])
    assert changed.sample(*given).tokens.tolist() == [2]
    assert unchanged.sample(*given).tokens.tolist() == eager.sample(*given).tokens.tolist() == [0]
    assert torch.ops.draftproof.sample(*given, False, "eager")[0].tolist() == [0]
    assert OPERATIONS["sample"].backends == entered
    assert {name: sys.modules[name] for name in modules} == modules
    with pytest.raises(ValueError, match=r"sample: uniforms must be .* got"):
        changed.sample(given[0], torch.tensor([1]))


def test_an_object_is_copied_with_all_that_it_needs() -> None:
    from draftproof import reference
    from draftproof.properties.faults.mutations.loading import load

    twice = only("RadixTree", "integer: 1 -> 2", "Structure._touch")
    changed, unchanged = load("RadixTree", twice), load("RadixTree", None)
    for make, hits in ((changed.RadixTree, 4), (unchanged.RadixTree, 2), (reference.RadixTree, 2)):
        tree = make()
        tree.insert([5], [0])
        assert dict(tree.walk())[tree.match([5]).node].hits == hits - (hits > 2)


def entry(tmp_path: Path, text: str) -> Path:
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_listed_equivalent_is_a_mutation_of_now(tmp_path: Path) -> None:
    found = [(operation, mutation) for operation in CONTRACTS for mutation in mutations(operation)]
    assert unused(found) == []
    assert equivalents()
    operation, mutation = found[0]
    text = f"""
        [[equivalent]]
        file = {mutation.file!r}
        within = {mutation.within!r}
        line = {mutation.text!r}
        changes = [{f"{mutation.place}: {mutation.change}"!r}]
        reason = "None."
    """
    moved = replace(mutation, line=mutation.line + 5)
    assert unused([(operation, moved)], entry(tmp_path, text)) == []
    (stale,) = unused([(operation, replace(mutation, text="another"))], entry(tmp_path, text))
    assert stale.line == mutation.text


@pytest.mark.parametrize("reason", ["", "reason = ''"])
def test_an_equivalent_without_a_reason_is_refused(reason: str, tmp_path: Path) -> None:
    text = "[[equivalent]]\nfile = 'f'\nwithin = 'w'\nline = 'l'\nchanges = ['c']\n"
    assert equivalents(entry(tmp_path, f"{text}reason = 'r'"))[0].reason == "r"
    with pytest.raises(ValueError, match="every entry must have changes, file, line, reason, within, got"):
        equivalents(entry(tmp_path, text + reason))
