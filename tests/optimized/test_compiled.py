"""A library that two processes want at once is compiled once, and nobody waits for the dead."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from draftproof.optimized import compiled
from draftproof.optimized.compiled import BuildError, compile_to, with_includes

COMPILER = """
import sys, time
from pathlib import Path
log, seconds, target = Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[-1])
with log.open("a") as file:
    file.write("run\\n")
time.sleep(seconds)
target.write_text("library")
"""
CALLER = """
import sys
from pathlib import Path
from draftproof.optimized.compiled import compile_to
target, compiler, log, seconds = sys.argv[1:]
compile_to(Path(target), [sys.executable, compiler, log, seconds], "a source")
print(Path(target).read_text())
"""


@pytest.fixture
def compiler(tmp_path: Path) -> Path:
    """Return a compiler that logs each run, sleeps, and writes its target."""
    path = tmp_path / "compiler.py"
    path.write_text(COMPILER)
    return path


def caller(compiler: Path, seconds: float) -> "subprocess.Popen[str]":
    folder = compiler.parent
    arguments = [folder / "cache" / "library.so", compiler, folder / "log", seconds]
    return subprocess.Popen(
        [sys.executable, "-c", CALLER, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def runs(compiler: Path) -> int:
    log = compiler.parent / "log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_two_processes_compile_once(compiler: Path) -> None:
    callers = [caller(compiler, 2.0) for _ in range(2)]
    assert [process.communicate(timeout=60)[0] for process in callers] == ["library\n"] * 2
    assert runs(compiler) == 1


def test_the_second_does_not_wait_for_a_first_that_died(compiler: Path) -> None:
    first = caller(compiler, 600.0)
    while not runs(compiler):
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    second = caller(compiler, 0.0)
    assert second.communicate(timeout=60)[0] == "library\n"
    assert runs(compiler) == 2


def test_where_files_cannot_be_locked_each_compiles(compiler: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: int, how: int) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr(compiled.fcntl, "flock", refuse)
    target = compiler.parent / "library.so"
    compile_to(target, [sys.executable, str(compiler), str(compiler.parent / "log"), "0"], "a source")
    assert target.read_text() == "library"


def test_what_a_compiler_refuses_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such header')"]
    with pytest.raises(BuildError, match="failed on a source:\nno such header"):
        compile_to(tmp_path / "library.so", command, "a source")
    assert [path.name for path in tmp_path.iterdir()] == [".library.so.lock"]


def test_what_is_included_is_followed(tmp_path: Path) -> None:
    shared = tmp_path / "include"
    shared.mkdir()
    (shared / "a.cuh").write_text('#pragma once\n#  include "b.cuh"\n#include <cuda.h>\n')
    (shared / "b.cuh").write_text('#include "a.cuh"\n')
    (shared / "c.cuh").write_text("not included\n")
    (tmp_path / "beside.cuh").write_text("// nothing\n")
    source = tmp_path / "kernel.cu"
    source.write_text('#include "a.cuh"\n#include "beside.cuh"\n#include "of_the_system.h"\n')
    names = [path.name for path in with_includes(source, shared)]
    assert names == ["kernel.cu", "beside.cuh", "a.cuh", "b.cuh"]
