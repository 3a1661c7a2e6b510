"""What is compiled again, what is taken from the table, and what fails without a compiler."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from draftproof.optimized.compiled import Compilation
from draftproof.properties.budgets import holding, table
from draftproof.properties.budgets.holding import Outcome, due, hold, turn
from draftproof.properties.budgets.resources import ARCHITECTURES, MAX_SHARED, Resources
from draftproof.properties.budgets.table import Budget, digest

ARCH = "sm_90"
TAKEN = Resources(registers=32, stack=0, shared=1024, local=0)
SPILLED = TAKEN._replace(stack=16)


def compilation(name: str, text: str = "int a;\n", settings: tuple[str, ...] = ("-O3",)) -> Compilation:
    """A compilation whose machine code is its name, for ``reader`` to look up."""
    return Compilation(name, "c++", (text,), settings, name.encode)


def reader(**taken: Resources) -> Callable[[bytes], dict[str, Resources]]:
    """Read a cubin that is a name; a name that is not expected to be compiled is a KeyError."""
    return lambda cubin: {"f": taken[cubin.decode()]}


def held(
    *compiled: Compilation, stored: dict[str, Budget] | None, due: set[str] | None = None, **taken: Resources
) -> Outcome:
    return hold(ARCH, {each.name: each for each in compiled}, stored, due or set(), reader(**taken))


def budget(of: Compilation, taken: Resources = TAKEN) -> Budget:
    return Budget(digest(of), {"f": taken})


A, B = compilation("a"), compilation("b", "int b;\n")
CHANGED = compilation("a", "int c;\n")


def test_what_has_not_changed_is_not_compiled() -> None:
    assert held(A, B, stored={"a": budget(A), "b": budget(B)}) == Outcome()


def test_what_has_changed_is_compiled_and_reported() -> None:
    found = held(CHANGED, B, stored={"a": budget(A), "b": budget(B)}, a=TAKEN)
    assert found == Outcome(outdated=["a"], compiled=["a"])


@pytest.mark.parametrize("more", [{"registers": 33}, {"shared": 1025}])
def test_what_has_grown_fails(more: dict[str, int]) -> None:
    (wrong,) = held(CHANGED, stored={"a": budget(A)}, a=TAKEN._replace(**more)).wrong
    assert wrong.startswith("a:f: ")
    assert "more than the stored" in wrong


def test_what_has_shrunk_keeps_its_budget() -> None:
    found = held(CHANGED, stored={"a": budget(A)}, a=TAKEN._replace(registers=31))
    assert found == Outcome(outdated=["a"], compiled=["a"])


def test_what_is_due_is_compiled_and_must_be_what_is_stored() -> None:
    stored = {"a": budget(A), "b": budget(B)}
    assert held(A, B, stored=stored, due={"b"}, b=TAKEN) == Outcome(compiled=["b"])
    (wrong,) = held(A, B, stored=stored, due={"b"}, b=TAKEN._replace(registers=31)).wrong
    assert "the same sources are stored with" in wrong


def test_a_stored_row_that_breaks_the_hardware_fails_without_compiling() -> None:
    for broken in (SPILLED, TAKEN._replace(local=8), TAKEN._replace(registers=256)):
        found = held(A, stored={"a": budget(A, broken)})
        assert len(found.wrong) == 1
        assert found.wrong[0].startswith("stored a:f: ")
        assert not found.compiled
    limits = {arch: MAX_SHARED[arch] + 1 for arch in ARCHITECTURES}
    for arch, most in limits.items():
        assert hold(arch, {"a": A}, {"a": budget(A, TAKEN._replace(shared=most))}, set()).wrong


def test_what_is_compiled_may_not_spill() -> None:
    assert held(A, stored=None, a=SPILLED).wrong
    assert held(CHANGED, stored={"a": budget(A)}, a=SPILLED).wrong


def test_what_is_missing_or_extra_fails() -> None:
    assert held(A, stored={"a": budget(A), "b": budget(B)}).wrong == ["b: stored, but no longer compiled"]
    assert held(A, B, stored={"a": budget(A)}, b=TAKEN).wrong == ["b: compiled, but not stored"]


def test_a_kernel_that_came_or_went_inside_a_source_fails() -> None:
    stored = {"a": Budget(digest(A), {"f": TAKEN, "g": TAKEN})}
    (wrong,) = held(A, stored=stored, due={"a"}, a=TAKEN).wrong
    assert wrong.startswith("a:g: compiled None")


def test_with_an_unknown_compiler_all_is_compiled() -> None:
    assert held(A, B, stored=None, a=TAKEN, b=TAKEN) == Outcome(compiled=["a", "b"])


def test_every_name_comes_once_in_eight_turns() -> None:
    names = [f"{number:02}" for number in range(19)]
    for arch in ARCHITECTURES:
        turns = [due(arch, names, turn) for turn in range(8)]
        assert sorted(name for chosen in turns for name in chosen) == names
        assert {len(chosen) for chosen in turns} == {2, 3}
        assert due(arch, names, None) == set(names)
    assert due("sm_80", names, 0) != due("sm_90", names, 0)


def test_the_turn_is_the_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(holding.ALL, raising=False)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    seen = set()
    for command in (["init", "-q"], *[["commit", "-q", "--allow-empty", "-m", f"{n}"] for n in range(12)]):
        subprocess.run([*git, *command], check=True)
        seen.add(turn(tmp_path))
        assert turn(tmp_path) == turn(tmp_path)
    assert len(seen) > 1
    assert seen <= set(range(8))


def test_without_git_there_is_a_turn_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(holding.ALL, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    assert turn() in range(8)


def test_the_environment_asks_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(holding.ALL, "all")
    assert turn() is None
    monkeypatch.setenv(holding.ALL, "some")
    with pytest.raises(ValueError, match="DRAFTPROOF_COMPILE must be 'all' or unset, got 'some'"):
        turn()


def test_comments_do_not_change_a_digest_and_all_else_does() -> None:
    assert digest(A) == digest(compilation("x", "// new\nint a;  /* more */\n\n"))
    others = [CHANGED, compilation("a", settings=("-O2",)), A._replace(texts=("int a;\n", "int b;\n"))]
    assert len({digest(other) for other in [A, *others]}) == 4
    docstring = Compilation("a", "python", ('def f():\n    """A."""\n    return 1\n',), (), bytes)
    assert digest(docstring) == digest(docstring._replace(texts=("def f():\n    return 1  # b\n",)))


def test_the_table_keeps_what_is_written_and_other_compilers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.json"
    monkeypatch.setattr(table, "compiler", lambda backend: f"compiler of {backend}")
    budgets = {"a:1": Budget("0123456789abcdef", {"f": TAKEN, "g": SPILLED}), "b": budget(B)}
    table.write({"compiler of one": {ARCH: budgets}}, path)
    table.write({"compiler of two": {ARCH: {"b": budget(B)}}}, path)
    assert table.stored("one", ARCH, path) == budgets
    assert table.stored("two", ARCH, path) == {"b": budget(B)}
    assert table.stored("one", "sm_80", path) is None
    assert table.stored("three", ARCH, path) is None
    assert len([line for line in path.read_text().splitlines() if "registers" in line]) == 4


def test_measuring_compiles_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "resources", reader(a=TAKEN))
    kept = budget(B, SPILLED)
    assert table.measure([CHANGED, B], {"a": budget(A), "b": kept}) == {"a": budget(CHANGED), "b": kept}
