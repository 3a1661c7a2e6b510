"""A judge that is killed leaves nothing behind, not even a child that hangs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

JUDGE = """
from draftproof.conformance.running.child import Child
from draftproof.properties.core.case import Case

case = Case.parse("vector_add/N=3/float32/-/seed=1/-")
Child("hanging", "cpu").check("vector_add", "admissible", case, 60.0)
"""
HANGING = """
import os
CONFORMANCE = {"arrays": "numpy"}

def vector_add(a, b):
    with open("pid", "w") as file:
        file.write(str(os.getpid()))
    while True: pass
"""


def wait_for(found: Path) -> int:
    for _ in range(600):
        if found.exists() and (text := found.read_text()):
            return int(text)
        time.sleep(0.1)
    raise AssertionError("the child did not come to the call")


def test_a_child_that_hangs_ends_with_its_judge(tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(HANGING)
    judge = subprocess.Popen([sys.executable, "-c", JUDGE], cwd=tmp_path)
    child = wait_for(tmp_path / "pid")
    judge.kill()
    judge.wait()
    for _ in range(150):
        time.sleep(0.1)
        if not Path(f"/proc/{child}").exists():
            return
    os.kill(child, signal.SIGKILL)
    raise AssertionError("the child goes on without its judge")
