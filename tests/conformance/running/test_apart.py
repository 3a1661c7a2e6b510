"""Judged apart, a backend can compute what it likes, but not say what that is worth."""

from pathlib import Path

import pytest

from draftproof.conformance.running.apart.judging import ApartChild
from draftproof.conformance.running.child import Child
from draftproof.properties.core.case import Case
from draftproof.properties.core.verdict import State

CASE = Case.parse("vector_add/N=33/float32/-/seed=1/-")
HEAD = "import os, sys, time\nimport numpy as np\nCONFORMANCE = {'arrays': 'numpy'}\n"
CHEAT = """
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.contracts import CONTRACTS
for law in CONTRACTS["vector_add"].laws:
    object.__setattr__(law, "check", lambda *_: Verdict(decisions=9))
"""

HOSTILE = {
    "says pass itself": (CHEAT + "def vector_add(a, b): return a - b", State.FAIL, "expected"),
    "cuts the file": (
        "def vector_add(a, b):\n"
        "    with open('/proc/self/maps') as maps:\n"
        "        sheet = next(line.split()[-1] for line in maps if 'sheet' in line)\n"
        "    os.truncate(sheet, 0)\n    return a + b",
        State.ERROR,
        "died (SIGBUS",
    ),
    "answers with more than there is room for": (
        "def vector_add(a, b): return np.zeros(2**24, np.float32)",
        State.ERROR,
        "results of at most",
    ),
    "answers with text": (
        "def vector_add(a, b): return 'sum'",
        State.ERROR,
        "arrays were expected as results",
    ),
    "answers with objects": (
        "def vector_add(a, b): return np.array([object()] * 33)",
        State.ERROR,
        "results of the dtypes",
    ),
    "answers in another shape": ("def vector_add(a, b): return (a + b)[:5]", State.FAIL, "got float32 [5]"),
    "answers nine times": ("def vector_add(a, b): return (a + b,) * 9", State.ERROR, "at most 8 results"),
    "dies": ("def vector_add(a, b): os.abort()", State.ERROR, "died (SIGABRT"),
    "hangs": ("def vector_add(a, b): time.sleep(600)", State.ERROR, "taken as hanging"),
    "raises": ("def vector_add(a, b): raise KeyError('no')", State.ERROR, "KeyError: 'no'"),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_it_does_the_verdict_is_not_its_own(here: Path, name: str) -> None:
    text, state, says = HOSTILE[name]
    (here / "hostile.py").write_text(HEAD + text)
    with ApartChild("hostile", "cpu") as child:
        answer = child.check("vector_add", "admissible", CASE, 8.0)
        assert answer.state is state
        assert says in answer.reason + " ".join(map(str, answer.findings))


def test_in_its_own_process_it_can_say_pass(here: Path) -> None:
    (here / "hostile.py").write_text(HEAD + CHEAT + "def vector_add(a, b): return a - b")
    with Child("hostile", "cpu") as child:
        assert child.check("vector_add", "admissible", CASE, 8.0).state is State.PASS


WRITES = {
    "an input": ("def vector_add(a, b):\n    c = a + b\n    a[0] = 7\n    return c", "inputs unchanged"),
    "beside an input": (
        "def vector_add(a, b):\n"
        "    beside = np.lib.stride_tricks.as_strided(a[-1:], (2,), a.strides)\n"
        "    beside[1] = 7\n    return a + b",
        "red zones",
    ),
}


@pytest.mark.parametrize("what", WRITES)
def test_what_it_writes_is_seen_from_here(here: Path, what: str) -> None:
    text, law = WRITES[what]
    (here / "writing.py").write_text(HEAD + text)
    with ApartChild("writing", "cpu") as child:
        assert child.check("vector_add", law, CASE, 20.0).state is State.FAIL


@pytest.mark.parametrize(
    "law", ["admissible", "layouts", "history", "red zones", "rows independent", "repeatable"]
)
@pytest.mark.parametrize("module", ["draftproof.reference", "draftproof.optimized.eager"])
def test_what_is_right_is_right_apart_too(module: str, law: str) -> None:
    device = "numpy" if module.endswith("reference") else "cpu"
    if device == "cpu":
        pytest.importorskip("torch")
    with ApartChild(module, "cpu") as child:
        assert child.hello().device == device
        for line in (
            "softmax/B=3,V=33/float32/rows=normal/seed=1/-",
            "verify_chain/B=3,K=2,V=33/float32/drafts=drawn,lengths=none,rows=zipf,rule=block,"
            "uniforms=float32/seed=1/-",
        ):
            case = Case.parse(line)
            answer = child.check(case.operation, law, case, 60.0)
            assert answer.state is State.PASS, answer


def test_what_cannot_be_seen_from_here_is_not_said_to_hold(here: Path) -> None:
    (here / "right.py").write_text(HEAD + "def vector_add(a, b): return a + b")
    with ApartChild("right", "cpu") as child:
        for law in ("two threads", "fully written"):
            assert child.check("vector_add", law, CASE, 20.0).state is State.NOT_OBSERVED
    tree = Case.parse("RadixTree/P=1,steps=10/int32/policy=lru,slots=low,tokens=wide/seed=1/-")
    with ApartChild("draftproof.reference", "cpu") as child:
        assert child.check("RadixTree", "model", tree, 20.0).state is State.NOT_OBSERVED


def test_nothing_is_left_behind(here: Path) -> None:
    (here / "right.py").write_text(HEAD + "def vector_add(a, b): return a + b")
    before = len([*Path("/proc/self/fd").iterdir()])
    with ApartChild("right", "cpu") as child:
        for _ in range(3):
            assert child.check("vector_add", "admissible", CASE, 20.0).state is State.PASS
    assert len([*Path("/proc/self/fd").iterdir()]) == before
