"""What the suite's tests need, in a checkout and from an installed wheel."""

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from draftproof.properties.emulation.interpreter import quicken
from draftproof.properties.strategies import profiles

MARKERS = {
    "gpu": "launches a kernel on a CUDA device",
    "interpret": "runs Triton kernels under TRITON_INTERPRET=1",
    "compile": "compiles kernels to machine code",
}


def pytest_configure(config: pytest.Config) -> None:
    for marker, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{marker}: {meaning}")
    # Triton's interpreter computes with NumPy, which warns where IEEE 754 says NaN or infinity.
    config.addinivalue_line("filterwarnings", r"ignore:::triton\.runtime\.interpreter")
    if not config.getoption("--hypothesis-profile", None):
        profiles.load()
    if os.environ.get("TRITON_INTERPRET") == "1" and find_spec("triton"):
        quicken()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With ``--backend`` only that backend is judged: the suite's tests of itself are left out."""
    judged = config.getoption("draftproof_backend", None) is not None
    return (
        True if judged and collection_path.is_file() and collection_path.name != "test_backend.py" else None
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") and not has_cuda():
        pytest.skip("no CUDA device")
    if item.get_closest_marker("interpret") and os.environ.get("TRITON_INTERPRET") != "1":
        pytest.skip("Triton's interpreter runs under TRITON_INTERPRET=1 only")


@cache
def has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()
