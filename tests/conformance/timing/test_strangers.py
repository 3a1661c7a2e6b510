"""A stranger's backend is timed in a process of its own."""

import sys
from pathlib import Path

import pytest

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.timing import bench
from draftproof.conformance.timing.strangers import time_stranger

TREE = """
from draftproof.conformance.timing import objects
from draftproof.optimized.host import RadixTree

CONFORMANCE = {'arrays': 'numpy'}
objects.ORACLE_ROUNDS = 1
"""
"""A tree in native code, beside an oracle that is asked once: the oracle takes seconds."""

HOSTILE = {
    "import os\nos._exit(7)": "its process ended with 7",
    "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)": "its process ended with -11",
    "import time\ntime.sleep(60)": "did not end within 8 s",
    "import os, sys\nopen(sys.argv[1], 'w').write('[[1]]')\nos._exit(0)": "are no timings",
    "import os, sys\nopen(sys.argv[1], 'w').write('[' * 100000)\nos._exit(0)": "are no timings",
    "def sample(): ...": "its process ended with 2",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_stranger_does_ends_its_own_process(text: str) -> None:
    Path("theirs.py").write_text(text)
    with pytest.raises(DiagnosticError, match=HOSTILE[text]):
        list(time_stranger("theirs", ["sample"], 8.0 if "sleep" in text else 120.0))


def test_a_strangers_tree_is_timed_and_not_imported() -> None:
    Path("theirs.py").write_text(TREE)
    rows = list(bench.prepare_benches(["theirs"], ["RadixTree"])())
    assert rows
    assert {row.operation for row in rows} == {"RadixTree"}
    assert "theirs" not in sys.modules
