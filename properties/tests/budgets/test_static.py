"""Every kernel, compiled for every architecture: it fits, spills nothing, and takes no more than before.

What cannot have changed is not compiled, but for an eighth of it: ``nox -s compile`` compiles all.
"""

import os
import warnings

import pytest

from draftproof.properties.budgets import holding, resources, table

pytestmark = pytest.mark.compile
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
    if not hasattr(module, "compilations"):
        pytest.skip(f"draftproof.optimized.{name} offers no compilations")
    try:
        resources.cuobjdump()
    except RuntimeError as error:
        pytest.skip(str(error))
    return name


@pytest.mark.parametrize("arch", resources.ARCHITECTURES)
def test_fits_spills_nothing_and_takes_no_more_than_the_table_says(backend: str, arch: str) -> None:
    refresh = table.REFRESH.format(backend)
    found, budgets = table.compilations(backend, arch), table.stored(backend, arch)
    assert found
    outcome = holding.hold(arch, found, budgets, holding.due(arch, found, holding.turn()))
    print(f"{len(outcome.compiled)} of {len(found)} compiled")
    assert not outcome.wrong, "\n".join([*outcome.wrong, f"if it is meant: {refresh}"])
    if outcome.outdated:
        warnings.warn(
            f"{', '.join(outcome.outdated)}: changed, within the budget; bring it up to date: {refresh}",
            stacklevel=1,
        )
    if budgets is None:
        pytest.skip(f"resources.json knows no {resources.compiler(backend)}: {refresh}")
