"""Every kernel, compiled for every architecture: it fits, spills nothing, and takes no more than before."""

import os

import pytest

from draftproof.properties.budgets import resources

pytestmark = pytest.mark.compile
REGENERATE = "python -m draftproof.properties.budgets.resources {}"
BACKENDS = ("triton", "cupy", "cuda")


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Return the name of a backend whose compiler is here."""
    name: str = request.param
    if name == "triton" and os.environ.get("TRITON_INTERPRET") == "1":
        pytest.skip("Triton's interpreter and its compiler cannot share a process")
    if resources.compiler(name) is None:
        pytest.skip(f"the compiler of draftproof.optimized.{name} is not installed")
    module = pytest.importorskip(f"draftproof.optimized.{name}", exc_type=ImportError)
    if not hasattr(module, "cubins"):
        pytest.skip(f"draftproof.optimized.{name} offers no cubins")
    try:
        resources.cuobjdump()
    except RuntimeError as error:
        pytest.skip(str(error))
    return name


@pytest.mark.parametrize("arch", resources.ARCHITECTURES)
def test_fits_and_spills_nothing(backend: str, arch: str) -> None:
    measured = resources.measured(backend, arch)
    assert measured
    # Spilled registers live on the stack: without a stack there are none.
    wrong = {
        kernel: found
        for kernel, found in measured.items()
        if found.stack
        or found.local
        or found.registers > resources.MAX_REGISTERS
        or found.shared > resources.MAX_SHARED[arch]
    }
    assert not wrong


@pytest.mark.parametrize("arch", resources.ARCHITECTURES)
def test_takes_no_more_than_the_table_says(backend: str, arch: str) -> None:
    regenerate = REGENERATE.format(backend)
    ceilings = resources.ceilings(backend, arch)
    if ceilings is None:
        pytest.skip(f"resources.json knows no {resources.compiler(backend)}: {regenerate}")
    measured = resources.measured(backend, arch)
    assert measured.keys() == ceilings.keys(), regenerate
    grown = {
        kernel: (found, ceilings[kernel])
        for kernel, found in measured.items()
        if found.registers > ceilings[kernel].registers or found.shared > ceilings[kernel].shared
    }
    assert not grown, regenerate
