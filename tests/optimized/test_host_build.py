"""The build of the host tree: what is cached is whole and nobody else's, and compilers may misbehave."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from draftproof.optimized import compiled
from draftproof.optimized.compiled import BuildError, cache_folder, run_compiler
from draftproof.optimized.host import build, unavailable

USE = """
from draftproof.optimized import host
tree = host.RadixTree()
tree.insert([1, 2, 3], [4, 5, 6])
print(tree.match([1, 2]).slots.tolist())
"""
FOUND = "[4, 5]\n"

Done = subprocess.CompletedProcess[str]
Use = Callable[..., Done]


def make_tree(cache: Path, **environment: str) -> Done:
    """Make a tree in another process, with a cache of its own."""
    given = {**os.environ, "XDG_CACHE_HOME": str(cache), **environment}
    return subprocess.run(
        [sys.executable, "-c", USE], env=given, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def use(tmp_path: Path) -> Use:
    return lambda **environment: make_tree(tmp_path / "cache", **environment)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """Return a cache after the first use, and what that has said."""
    cache = tmp_path_factory.mktemp("first") / "cache"
    return cache, make_tree(cache)


@pytest.fixture
def library(tmp_path: Path, first: tuple[Path, Done]) -> Path:
    """Return the library that a first use has made."""
    shutil.copytree(first[0], tmp_path / "cache")
    (made,) = (tmp_path / "cache" / "draftproof" / "host").glob("*.so")
    return made


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Let no test see what another one has found of the compiler."""
    remembered = (build.compiler, build._build, build._flags, build._digest, build._version)
    for each in remembered:
        each.cache_clear()
    yield
    for each in remembered:
        each.cache_clear()


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_cached_library_that_was_cut_off_or_changed_is_built_again(library: Path, use: Use) -> None:
    whole = library.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1] + b"?"):
        library.write_bytes(damaged)
        done = use()
        assert (done.returncode, done.stdout) == (0, FOUND)
        assert "compiling" in done.stderr


def test_the_first_build_says_what_it_does_and_later_ones_nothing(
    first: tuple[Path, Done], library: Path, use: Use
) -> None:
    cache, done = first
    assert done.stdout == FOUND
    said = f"draftproof: compiling radix_tree.cpp with {build.compiler()[0]}, once, into "
    assert done.stderr == f"{said}{cache / 'draftproof' / 'host'}\n"
    assert use().stderr == ""


@pytest.mark.parametrize("shared", ["library", "seal", "host", "draftproof", "cache"])
def test_what_others_may_write_is_refused(library: Path, use: Use, shared: str) -> None:
    places = {"library": library, "seal": library.with_name(f"{library.name}.sha256")}
    path = places.get(shared) or next(each for each in library.parents if each.name == shared)
    path.chmod(path.stat().st_mode | (0o020 if shared == "host" else 0o002))
    done = use()
    assert done.returncode == 1
    assert f"BuildError: {path} may be written to by others" in done.stderr


def test_a_folder_that_others_may_write_makes_the_tree_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tmp_path.chmod(0o777)
    assert "may be written to by others" in (unavailable() or "")
    tmp_path.chmod(0o1777)  # sticky, as /tmp: nobody renames what is another's
    assert unavailable() is None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_what_another_user_owns_is_refused(library: Path, use: Use) -> None:
    os.chown(library, 12345, 12345)
    assert "owner 12345" in use().stderr


def test_folders_are_made_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        compiled._make_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "a", tmp_path / "a" / "b")] == [0o700] * 2


@pytest.mark.parametrize("path", ["", "cache", "../cache", "~/cache"])
def test_a_relative_cache_is_ignored(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", path)
    monkeypatch.setenv("HOME", "/somewhere")
    assert cache_folder("host") == Path("/somewhere/.cache/draftproof/host")


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path, use: Use) -> None:
    (tmp_path / "cache").write_text("a file")
    assert "BuildError: cannot " in use().stderr


def test_a_compiler_of_two_words_works(tmp_path: Path, use: Use) -> None:
    wrapper = script(tmp_path / "my tools" / "ccache", f'echo ran >> "{tmp_path}/log"; exec "$@"')
    done = use(CXX=f"'{wrapper}' c++")
    assert (done.stdout, (tmp_path / "log").read_text()) == (FOUND, "ran\n" * 2)
    whole = script(tmp_path / "my tools" / "c++", 'exec c++ "$@"')
    assert use(CXX=str(whole)).stdout == FOUND


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("no-such-compiler -m64", "no-such-compiler is not on PATH"),
        ("'c++", "No closing quotation"),
        ("false", "false failed on its version"),
        ("true", "true wrote no library of radix_tree.cpp"),
    ],
)
def test_a_compiler_that_is_none_is_said(use: Use, asked: str, told: str) -> None:
    done = use(CXX=asked)
    assert done.returncode == 1
    said = done.stderr.partition("draftproof.optimized.compiled.BuildError: ")[2]
    assert told in said.splitlines()[0]


def test_a_library_that_cannot_be_loaded_is_said_and_not_kept(tmp_path: Path, use: Use) -> None:
    odd = script(tmp_path / "odd", 'for last; do :; done; [ "$last" = --version ] || echo text > "$last"')
    done = use(CXX=str(odd))
    assert "BuildError: the compiled tree cannot be loaded" in done.stderr
    assert not [*tmp_path.rglob("*.so")]


def test_a_compiler_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    hanging = script(tmp_path / "hanging", f"sleep 600 & echo $! > {tmp_path}/started; wait")
    began = time.monotonic()
    with pytest.raises(BuildError, match="hanging hung on a source: no end within 1 s"):
        run_compiler([str(hanging)], "a source", 1.0)
    started = Path("/proc", (tmp_path / "started").read_text().strip(), "stat")
    while started.exists() and started.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < began + 60, "what the compiler started goes on"
        time.sleep(0.05)


def test_a_server_that_outlives_its_compiler_is_not_waited_for(tmp_path: Path) -> None:
    serving = script(tmp_path / "serving", "sleep 20 & echo done")
    began = time.monotonic()
    assert run_compiler([str(serving)], "a source") == "done\n"
    assert time.monotonic() < began + 15


def test_a_compiler_that_hangs_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = script(tmp_path / "hanging", f"echo run >> {tmp_path}/log; sleep 600")
    monkeypatch.setenv("CXX", str(hanging))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "ANSWER_LIMIT", 0.5)
    for _ in range(3):
        with pytest.raises(BuildError, match=r"hung on its version: no end within"):
            build.library()
    assert (tmp_path / "log").read_text() == "run\n"
