"""Every job of the project, on a fresh machine and on a GPU machine without network.

``nox`` alone passes the tests, the lints and the types; ``nox -s conformance`` is the main job.
"""

import os
import shutil
import time
from pathlib import Path

import nox

nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["tests", "lint"]

CONSTRAINTS = "constraints.txt"
NVCC = "cuda-toolkit[nvcc,cudart,crt,nvvm,cccl]==13.0.3"
BACKENDS = ("draftproof.optimized.cuda", "draftproof.optimized.cupy")
TYPES = ("mypy", "nox")
"""What checking types needs beside torch; in the tests' environment, for another torch takes a minute."""
SITE = ("mkdocs-material", "mkdocstrings-python", "ruff")
"""What builds the site; ruff breaks long signatures into lines."""
CLI = "draftproof.conformance.cli.main"
STARTED = time.monotonic()
MAIN_JOB = 155.0
"""Seconds of the main job from here to its page: of 180, which count from before nox is installed."""
LEAST = 60.0
"""Seconds that checks get however long the installation took."""
SANITIZERS = ("memcheck", "racecheck", "initcheck", "synccheck")


def _install(session: nox.Session, *extras: str) -> None:
    """Install the project, editable, with extras and the pinned versions."""
    session.install("-c", CONSTRAINTS, "-e", f".[{','.join(extras)}]")


def _here(session: nox.Session) -> dict[str, str]:
    """Return the environment for running from the sources, where nothing may be installed."""
    found = [str(Path("src").resolve()), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(found)}


def _pytest(session: nox.Session, marked: str, **environment: str) -> None:
    """Run the tests with these marks in two processes, each with one thread: torch's pools would fight."""
    command = ("pytest", "-n", "2", "--dist", "worksteal", "-m", marked)
    session.run(*command, *session.posargs, env={"OMP_NUM_THREADS": "1", **environment})


def _interpret(session: nox.Session) -> None:
    _pytest(session, "interpret", TRITON_INTERPRET="1")


def _bring_nvcc(session: nox.Session) -> None:
    if shutil.which("nvcc") is None and "CUDA_HOME" not in os.environ:
        session.install(NVCC)


@nox.session
def tests(session: nox.Session) -> None:
    """What needs no GPU: types, oracles, eager, laws, mutants, Triton interpreted, static budgets."""
    _install(session, "torch", "triton", "cupy", "test")
    session.install("-c", CONSTRAINTS, "hatchling", *TYPES)  # the wheel is built and looked into
    session.run("mypy")
    _bring_nvcc(session)
    _pytest(session, "not gpu and not interpret")
    _interpret(session)


@nox.session
def interpret(session: nox.Session) -> None:
    """Run Triton's kernels in its interpreter."""
    _install(session, "torch", "triton", "test")
    _interpret(session)


@nox.session(name="compile")
def compile_(session: nox.Session) -> None:
    """Compile every kernel for sm_80, sm_90 and sm_100, changed or not, and hold it to its static budget."""
    _install(session, "torch", "triton", "cupy", "test")
    _bring_nvcc(session)
    _pytest(session, "compile", DRAFTPROOF_COMPILE="all")


@nox.session
def conformance(session: nox.Session) -> None:
    """Run the main job: check every backend that this machine has on real input, and time it on a GPU.

    It ends within three minutes on two cores, however many operations there are.
    """
    _install(session, "torch", "triton", "cupy", "test")
    left = max(LEAST, MAIN_JOB - (time.monotonic() - STARTED))
    limited = ("--budget", "small", "--seconds", f"{left:.0f}")
    # One child per core judges, so each has one thread.
    command = ("draftproof", "check", "--bench", *(session.posargs or limited))
    session.run(*command, env={"OMP_NUM_THREADS": "1"})


@nox.session(venv_backend="none")
def gpu_tests(session: nox.Session) -> None:
    """Run everything that launches a kernel, with the Python that has torch, triton and cupy."""
    # The tests outside properties/ launch nothing, and need packages that such a machine may lack.
    command = ("python3", "-m", "pytest", "properties/tests", "-m", "gpu", "--strict-gpu")
    session.run(*command, *session.posargs, env=_here(session))


@nox.session(venv_backend="none")
def sanitize(session: nox.Session) -> None:
    """Run the CUDA and CuPy kernels under compute-sanitizer's four tools."""
    for tool in SANITIZERS:
        for backend in BACKENDS:
            session.run(
                "compute-sanitizer",
                f"--tool={tool}",
                "--error-exitcode=1",
                "python3",
                "-m",
                "draftproof.conformance.running.sanitize",
                backend,
                external=True,
                # Without torch's cache every tensor is an allocation of its own, with its own bounds.
                env={**_here(session), "PYTORCH_NO_CUDA_MEMORY_CACHING": "1"},
            )


@nox.session(venv_backend="none")
def evidence(session: nox.Session) -> None:
    """Judge, time and record what is stale on this GPU; then remake what the project shows."""
    here = _here(session)
    session.run("python3", "-m", "draftproof.conformance.evidence", *session.posargs, env=here)
    session.run("python3", "-m", CLI, "badge", env=here)


@nox.session(default=False)
def power(session: nox.Session) -> None:
    """Measure how many wrong implementations the suite rejects, as far as that is stale."""
    _install(session, "torch", "triton", "test")
    session.run("draftproof", "power", "--record", *session.posargs, env={"OMP_NUM_THREADS": "1"})


@nox.session
def fuzz(session: nox.Session) -> None:
    """Search for counterexamples for a long time: fresh cases, hostile backends, mutated files."""
    _install(session, "torch", "triton", "test")
    session.run(
        "pytest", "-k", "fuzz or test_hostile.py", *session.posargs, env={"DRAFTPROOF_PROFILE": "nightly"}
    )


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """Time every backend on the GPU."""
    session.run("python3", "-m", CLI, "bench", *session.posargs, env=_here(session))


@nox.session
def typing(session: nox.Session) -> None:
    """Check types strictly."""
    _install(session, "torch", "test")
    session.install("-c", CONSTRAINTS, *TYPES)
    session.run("mypy")
    session.run("pytest", "-q", "tests/test_typed_front.py")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install("-c", CONSTRAINTS, "ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the documentation site into site/, run its code blocks, and hold the evidence's parts to it.

    A link or an anchor that leads nowhere ends it.
    """
    _install(session, "torch", "test")
    session.install("-c", CONSTRAINTS, *SITE)
    # Not with --quiet: warnings that are not shown do not count.
    session.run("mkdocs", "build", env={"NO_MKDOCS_2_WARNING": "1"})
    session.run("pytest", "tests/test_docs.py", "tests/test_site.py", *session.posargs)
    session.run("draftproof", "badge", "--check")


@nox.session(default=False)
def wheel(session: nox.Session) -> None:
    """Build the wheel and import it alone, with NumPy only."""
    session.install("build", "hatchling")
    folder = session.create_tmp()
    session.run("python", "-m", "build", "--outdir", folder)
    built = str(max(Path(folder).glob("*.whl"), key=lambda path: path.stat().st_mtime))
    session.install("--force-reinstall", built)
    session.chdir(folder)
    session.run(
        "python",
        "-c",
        "import draftproof.reference as r, sys; assert 'torch' not in sys.modules; print(r.__all__)",
    )
