"""Backends that attack the judge, or are merely odd: each gets its verdict, nothing of it runs elsewhere."""

import os
import time
from pathlib import Path
from textwrap import dedent, indent

import pytest

from draftproof.conformance.running.child import Child
from draftproof.properties.core.case import Case
from draftproof.properties.core.verdict import State

CASE = Case("vector_add", {"N": 3}, "float32", {}, 1)
HANGING = "taken as hanging"

CONNECTION = """
import gc, json, pickle, socket, struct
judge = next(o for o in gc.get_objects() if isinstance(o, socket.socket))
def say(body):
    judge.sendall(struct.pack("!I", len(body)) + body)
"""
"""How a backend finds the connection to the judge, with which it shares its process."""

PAYLOAD = """
class Payload:
    def __reduce__(self):
        return exec, ("open('the judge ran this', 'w').close()", {})
"""

ANSWER = {
    "state": "pass",
    "seconds": 0.0,
    "findings": [],
    "decisions": 1,
    "forgiven": 0,
    "measures": {},
    "reason": "",
    "poisoned": False,
}


def forged(**changed: object) -> str:
    """Return code that answers the question that was asked, once, in other words."""
    return f"say(json.dumps([1, {ANSWER | changed!r}]).encode())"


ACTS = {
    "a pickle": (f"{PAYLOAD}\nsay(pickle.dumps(Payload()))", "no answer: no JSON"),
    "bytes": ("say(b'no JSON at all')", "no answer: no JSON"),
    "a text that is no UTF-8": ("say(b'\\xff\\xfe')", "no answer: no JSON"),
    "brackets without end": ("say(b'[' * 100_000)", "no answer: no JSON"),
    "a part of a message": ("judge.sendall(struct.pack('!I', 100) + b'abc'); hang()", HANGING),
    "an endless message": ("judge.sendall(struct.pack('!I', 2**31))", "at most 1048576 bytes"),
    "another's answer": ("say(b'[7, {}]')", "it answers what was not asked"),
    "a list": ("say(b'[1, []]')", "the fields"),
    "a field too many": (forged(judge="bought"), "the fields"),
    "a state of the judge's": (forged(state="waived"), "one of the states"),
    "a state that is none": (forged(state=["pass"]), "one of the states"),
    "an error without a reason": (forged(state="error"), "a reason of an error"),
    "a pass of a lost device": (forged(poisoned=True), "a reason of an error"),
    "a negative count": (forged(decisions=-1), "a count was expected"),
    "a count that is true": (forged(forgiven=True), "a count was expected"),
    "seconds before it began": (forged(seconds=-1.0), "a number of seconds was expected"),
    "seconds without end": (forged(seconds=-0.0).replace("-0.0", "float('inf')"), "a number of seconds"),
    "a number that no float has": (forged(seconds=10**400), "a number that a float has"),
    "seconds in words": (forged(seconds="long"), "a number was expected"),
    "nine findings": (forged(findings=[{}] * 9), "a list of at most 8"),
    "a finding of numbers": (
        forged(findings=[{"where": 1, "expected": 2, "got": 3, "excess": 4}]),
        "a text was expected",
    ),
    "a hundred measures": (
        forged(measures={str(n): 1.0 for n in range(100)}),
        "and measures were expected",
    ),
    "silence with every signal blocked": (
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64)); hang()",
        HANGING,
    ),
    "a closed connection": ("judge.shutdown(2); hang()", "the process gave up its connection"),
    "an interrupt to its group": ("os.killpg(os.getpgrp(), 2); hang()", "the process died"),
    "sixty megabytes and death": (
        "for _ in range(60): os.write(1, b'x' * 999_999 + b'\\n')\nos._exit(4)",
        "the process died (exit code 4)",
    ),
    "an exception of no kind": ("class Odd(BaseException): ...\nraise Odd('so')", "so"),
    "an error that cannot be said": (
        "class Mute(Exception):\n    def __str__(self): raise self\nraise Mute",
        "the process died",
    ),
    "an error in strange letters": (
        r"""raise ValueError("\ud800 \x00 \n \x1b[31m <img src=x onerror=f()> [bold]x[/bold] [/nope]")""",
        r"ValueError: \ud800 \x00 \n \x1b[31m <img src=x onerror=f()> [bold]x[/bold] [/nope]",
    ),
    "an error of ten megabytes": ("raise ValueError('x' * 10_000_000)", "ValueError: xxx"),
}

DECLARED = {
    "a set": ({"synchronises": {"softmax"}}, "synchronises = {'softmax'}, where a list of operations"),
    "no number": ({"memory": float("nan")}, "memory = nan, where a finite number"),
    "a number beyond all memory": ({"memory": 10**400}, "where a finite number"),
    "a truth": ({"memory": True}, "memory = True, where a finite number"),
    "a number as name": ({3: "x"}, "the name 3, where a text"),
    "a list of options": ({"sample": ["float32"]}, "sample = ['float32'], where a dictionary of promises"),
    "an option of numbers": ({"sample": {"uniforms": 32}}, "where a dictionary of promises"),
    "arrays of bytes": ({"arrays": b"numpy"}, "where a text"),
    "a list": ([], "is a list, where a dictionary"),
    "strange letters": ({"\ud800[/b]": 1}, "\\ud800[/b] = 1, where a dictionary of promises"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, act: str) -> None:
    (folder / "hostile.py").write_text(
        "import os, time\nCONFORMANCE = {'arrays': 'numpy'}\n"
        + dedent(CONNECTION)
        + "def hang():\n    time.sleep(600)\n"
        + "def vector_add(a, b):\n"
        + indent(act, "    ")
        + "\n    return a + b\n",
        encoding="utf-8",
    )


@pytest.mark.parametrize("name", ACTS)
def test_what_a_backend_does_in_its_process_is_an_error_and_no_more(here: Path, name: str) -> None:
    act, reason = ACTS[name]
    write(here, act)
    started = time.monotonic()
    with Child("hostile", "cpu") as child:
        assert child.hello().broken == ""
        answer = child.check("vector_add", "admissible", CASE, 2.0 if reason == HANGING else 30.0)
        assert answer.state is State.ERROR
        assert reason in answer.reason
        assert len(answer.reason) < 3000
        assert "".join(answer.reason.split()).isprintable()
    assert time.monotonic() - started < 60
    assert not (here / "the judge ran this").exists()


@pytest.mark.parametrize("name", DECLARED)
def test_what_cannot_be_read_of_a_declaration_is_said(here: Path, name: str) -> None:
    declared, reason = DECLARED[name]
    text = f"nan = float('nan')\nCONFORMANCE = {declared!r}\ndef vector_add(a, b): return a + b\n"
    (here / "hostile.py").write_text(text, encoding="utf-8")
    with Child("hostile", "cpu") as child:
        assert reason in child.hello().broken


GREETINGS = {
    "a list as an operation": {"operations": [["vector_add"]]},
    "an operation that there is not": {"operations": ["vector_sub"]},
    "a device that there is not": {"device": "abacus"},
    "a reason that is no text": {"unavailable": 3},
}


@pytest.mark.parametrize("name", GREETINGS)
def test_a_forged_greeting_is_no_greeting(here: Path, name: str) -> None:
    hello = {
        "device": "numpy",
        "operations": [],
        "variants": {},
        "unavailable": "",
        "broken": "",
        "libraries": {},
    }
    text = f"{CONNECTION}\nsay(json.dumps({hello | GREETINGS[name]!r}).encode())\n"
    (here / "hostile.py").write_text(text, encoding="utf-8")
    with Child("hostile", "cpu") as child:
        assert "loading it crashed or hung" in child.hello().broken


def test_a_long_reason_is_cut(here: Path) -> None:
    (here / "hostile.py").write_text("raise ImportError('x' * 10_000_000)")
    with Child("hostile", "cpu") as child:
        assert child.hello().unavailable == "x" * 2000


def test_a_declaration_may_be_any_mapping(here: Path) -> None:
    (here / "hostile.py").write_text(
        "from types import MappingProxyType\nCONFORMANCE = MappingProxyType({'arrays': 'numpy'})\n"
        "def vector_add(a, b): return a + b\n"
    )
    with Child("hostile", "cpu") as child:
        assert child.hello().variants == {"arrays": "numpy"}


def test_a_declaration_of_its_own_class_is_not_brought_into_the_judge(here: Path) -> None:
    (here / "hostile.py").write_text(
        "import sys\nclass Much(float): pass\nCONFORMANCE = {'memory': Much(40)}\ndef vector_add(a, b): ...\n"
    )
    with Child("hostile", "cpu") as child:
        assert "where a finite number is expected" in child.hello().broken


def test_what_a_child_has_started_ends_with_it(here: Path) -> None:
    write(here, "import subprocess\nopen('pid', 'w').write(str(subprocess.Popen(['sleep', '600']).pid))")
    with Child("hostile", "cpu") as child:
        assert child.check("vector_add", "admissible", CASE, 30.0).state is State.PASS
        started = int((here / "pid").read_text())
        os.kill(started, 0)
    deadline = time.monotonic() + 10
    while _runs(started):
        assert time.monotonic() < deadline, "what the backend started goes on"
        time.sleep(0.05)


def _runs(process: int) -> bool:
    """Whether a process is there, and not only waiting for somebody to take note of its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
