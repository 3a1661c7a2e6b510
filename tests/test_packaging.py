"""What is installed: the links of a checkout, the wheel's content, and the package without torch."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("reference", "optimized", "properties", "conformance")
SHIPPED = {".py", ".cu", ".cuh", ".h", ".cpp", ".json", ".npz", ".j2", ".css", ".js"}

BLOCKED = "import sys; sys.modules['torch'] = None; "
"""None in ``sys.modules`` makes an import fail as if the package were not installed."""


def python(code: str, *, cwd: Path, path: Path = ROOT / "src") -> subprocess.CompletedProcess[str]:
    """Run a line of Python on the sources, or on another place where draftproof lies."""
    environment = {**os.environ, "PYTHONPATH": str(path)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as pip does, without an isolated environment."""
    builders = pytest.importorskip("hatchling.builders.wheel")
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = builders.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(built)


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel into a folder of its own: an install without scripts."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_link_leads_to_each_folder(folder: str) -> None:
    link = ROOT / "src" / "draftproof" / folder
    assert link.is_symlink()
    assert link.readlink() == Path("../..") / folder
    assert link.resolve() == ROOT / folder
    assert (link / "__init__.py").is_file()


def test_the_wheel_has_every_file_and_nothing_else(wheel: Path) -> None:
    expected = {
        f"draftproof/{path.relative_to(ROOT)}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in SHIPPED and "__pycache__" not in path.parts
    }
    expected |= {"draftproof/__init__.py", "draftproof/axes.py", "draftproof/py.typed"}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert expected <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"draftproof", next(top for top in tops if top.endswith(".dist-info"))}
    assert not [name for name in names if name.endswith((".pyc", ".so", ".jsonl"))]


def test_the_wheel_offers_the_command_and_the_plugin(installed: Path) -> None:
    (entry_points,) = installed.glob("draftproof-*.dist-info/entry_points.txt")
    text = entry_points.read_text()
    assert "draftproof = draftproof.conformance.cli.main:main" in text
    assert "[pytest11]\ndraftproof = draftproof.conformance.plugin" in text


def test_the_oracles_need_no_torch(installed: Path, tmp_path: Path) -> None:
    code = (
        "import numpy, draftproof, draftproof.properties.contracts; from draftproof import reference; "
        "print(draftproof.__file__, reference.sample(numpy.eye(2), numpy.zeros(2)).tokens)"
    )
    done = python(BLOCKED + code, cwd=tmp_path, path=installed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(installed))
    assert done.stdout.rstrip().endswith("[0 1]")


@pytest.mark.parametrize(
    "code", ["import draftproof; draftproof.sample", "import draftproof; draftproof.backend_of('sample')"]
)
def test_a_missing_torch_names_the_extra(code: str, tmp_path: Path) -> None:
    done = python(BLOCKED + code, cwd=tmp_path)
    assert done.returncode == 1
    assert "needs torch: pip install 'draftproof[torch]'" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("extra", ["triton", "cupy"])
def test_a_missing_compiler_names_the_extra(extra: str, tmp_path: Path) -> None:
    code = f"import sys; sys.modules[{extra!r}] = None; import draftproof.optimized.{extra}"
    done = python(code, cwd=tmp_path)
    assert done.returncode == 1
    assert f"draftproof[{extra}]" in done.stderr.splitlines()[-1]


def test_importing_the_front_loads_neither_numpy_nor_torch(tmp_path: Path) -> None:
    code = "import sys, draftproof; print({'numpy', 'torch', 'hypothesis'} & set(sys.modules))"
    assert python(code, cwd=tmp_path).stdout == "set()\n"


def test_the_installed_suite_judges_a_strangers_backend(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "strange_kernels.py").write_text("def vector_add(a, b):\n    return a + b\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(installed), str(tmp_path)))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["--pyargs", "draftproof.properties", "--backend", "strange_kernels", "--device", "cpu"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "failed" not in done.stdout
