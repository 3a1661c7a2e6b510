"""Mutants are found by their story, in the folder of the operation that they break and nowhere else."""

import importlib
from pathlib import Path

import pytest

from draftproof.properties.mutants.discovery import folder_of, load_mutants

WRONG_ADDITION = 'STORY = "Nobody\'s."\nKILLED_BY = ()\n\ndef vector_add(a, b):\n    return a - b\n'


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a package without mutants, of a name that was never imported."""
    folder = tmp_path / f"planted_{tmp_path.name}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def plant(package: Path, place: str, text: str = WRONG_ADDITION) -> None:
    path = package / place
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in path.relative_to(package).parents:
        (package / folder / "__init__.py").touch()
    path.write_text(text, encoding="utf-8")


def test_they_are_found_in_their_folders(planted: Path) -> None:
    plant(planted, "vector_add/subtracts.py")
    plant(planted, "vector_add/helper.py", "NUMBER = 1\n")
    plant(planted, "aside/deeper/vector_add/another.py")
    mutants = load_mutants(importlib.import_module(planted.name))
    assert list(mutants) == ["another", "subtracts"]
    assert mutants["subtracts"].operations == ("vector_add",)
    assert mutants["subtracts"].module.__name__ == f"{planted.name}.vector_add.subtracts"


@pytest.mark.parametrize("place", ["softmax/misplaced.py", "misplaced.py"])
def test_one_in_another_folder_is_refused(planted: Path, place: str) -> None:
    plant(planted, place)
    expected = f"mutant misplaced: expected in the folder vector_add/.*got {(planted / place).parent.name}/"
    with pytest.raises(ValueError, match=expected):
        load_mutants(importlib.import_module(planted.name))


def test_one_without_an_operation_is_refused(planted: Path) -> None:
    plant(planted, "vector_add/idle.py", 'STORY = "It does nothing."\nKILLED_BY = ()\n')
    with pytest.raises(ValueError, match="mutant idle: expected an operation under its own name, got none"):
        load_mutants(importlib.import_module(planted.name))


def test_two_of_one_name_are_refused(planted: Path) -> None:
    plant(planted, "vector_add/twin.py")
    plant(planted, "softmax/twin.py", WRONG_ADDITION.replace("vector_add", "softmax"))
    with pytest.raises(ValueError, match=r"mutant twin: expected one module.*softmax.*vector_add"):
        load_mutants(importlib.import_module(planted.name))


@pytest.mark.parametrize(
    ("operation", "folder"),
    [("RadixTree", "radix_tree"), ("verify_chain", "verify_chain"), ("KVCache", "kv_cache")],
)
def test_folders_are_in_snake_case(operation: str, folder: str) -> None:
    assert folder_of(operation) == folder
