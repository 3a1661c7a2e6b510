"""The pytest plugin: what it runs, what it says, and that it leaves everybody else alone."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUITE = ("--pyargs", "draftproof.properties")
INSTALLED = any(entry.name == "draftproof" for entry in entry_points(group="pytest11"))

KERNELS = """
from draftproof.optimized import eager
from draftproof.optimized.eager import sample

def vector_add(a, b):
    if a.shape[0] > 32:
        raise RuntimeError("misaligned")
    return a + b

def softmax(logits):
    probs = eager.softmax(logits)
    probs[:, 200:201] = 0
    return probs
"""


def pytest_run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a stranger's folder, with the plugin as an installed draftproof has it."""
    plugin = [] if INSTALLED else ["-p", "draftproof.conformance.plugin"]
    path = os.pathsep.join((str(ROOT / "src"), str(folder)))
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what pytest prints about two wrong operations, a right one, and three that are missing."""
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "my_kernels.py").write_text(KERNELS)
    arguments = (*SUITE, "--backend", "my_kernels", "--device", "cpu", "-v", "-rs", "-n", "0")
    # The profile that always searches the same way: what it shrinks to is then no matter of luck.
    done = pytest_run(folder, *arguments, DRAFTPROOF_PROFILE="ci")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_only_the_backends_tests_run(judged: str) -> None:
    outcomes = [line for line in judged.splitlines() if "::" in line and line.rstrip().endswith("%]")]
    assert outcomes
    assert all("test_backend.py::" in line and "[my_kernels-cpu-" in line for line in outcomes)


def test_a_right_operation_passes_law_by_law(judged: str) -> None:
    for law in ("admissible", "red_zones", "rows_independent", "statistics"):
        assert f"test_planned_cases[my_kernels-cpu-sample-{law}] PASSED" in judged
    assert "test_fuzz[my_kernels-cpu-sample] PASSED" in judged


def test_a_wrong_answer_comes_with_its_reproduction(judged: str) -> None:
    assert "test_planned_cases[my_kernels-cpu-softmax-admissible] FAILED" in judged
    assert "probs[0, 200]: expected " in judged
    assert "draftproof replay 'softmax/B=" in judged
    assert "--backend my_kernels --law 'admissible'" in judged


def test_an_exception_comes_with_its_reproduction(judged: str) -> None:
    assert "RuntimeError: misaligned" in judged
    assert "draftproof replay 'vector_add/N=33/" in judged


def test_the_fuzz_shrinks_to_the_fault(judged: str) -> None:
    # The column 200 is cut, whatever V above it: 201 is the smallest vocabulary that shows it.
    assert "draftproof replay 'softmax/B=1,V=201/float32/rows=normal/seed=0/-'" in judged
    assert "draftproof replay 'vector_add/N=33/float32/-/seed=0/-'" in judged


def test_what_is_absent_is_skipped_as_absent(judged: str) -> None:
    for operation in ("uniforms", "verify_chain", "verify_chain_greedy"):
        assert f"test_planned_cases[my_kernels-cpu-{operation}-absent] SKIPPED" in judged
        assert f"absent: my_kernels has no {operation}" in judged


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--backend", "no.such.kernels"), "--backend: cannot import no.such.kernels: ModuleNotFoundError"),
        (("--backend", "broken_kernels"), "--backend: cannot import broken_kernels: ZeroDivisionError"),
        (("--backend", "json"), "--backend: json has none of the operations "),
        (("--backend", "json", "--device", "tpu"), "argument --device: invalid choice: 'tpu'"),
        (("--budget", "huge"), "argument --budget: invalid choice: 'huge'"),
        (("--seed", "x"), "argument --seed: invalid int value: 'x'"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    (tmp_path / "broken_kernels.py").write_text("1 / 0\n")
    done = pytest_run(tmp_path, *SUITE, *arguments)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert message in done.stderr


def test_a_device_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "my_kernels.py").write_text(KERNELS)
    done = pytest_run(
        tmp_path, *SUITE, "--backend", "my_kernels", "--device", "cuda", CUDA_VISIBLE_DEVICES=""
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--backend: my_kernels cannot run on cuda: no CUDA device" in done.stderr


def test_other_suites_keep_their_options_and_load_nothing(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n"
        "    for option in ('--backend', '--device', '--budget', '--seed'):\n"
        "        parser.addoption(option, default='theirs')\n"
    )
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n"
        "def test_theirs(pytestconfig):\n"
        "    assert pytestconfig.getoption('--backend') == 'numpy'\n"
        "    assert pytestconfig.getoption('--seed') == 'theirs'\n"
        "    loaded = {name for name in sys.modules if name.startswith('draftproof.')}\n"
        "    assert loaded <= {'draftproof.conformance', 'draftproof.conformance.plugin'}\n"
        "    assert not {'torch', 'numpy', 'hypothesis.core'} & set(sys.modules)\n"
    )
    done = pytest_run(tmp_path, "--backend", "numpy", "-q", "-p", "no:hypothesispytest")
    assert done.returncode == 0, done.stdout + done.stderr
