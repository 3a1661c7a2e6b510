"""Every planted bug is rejected by a law that was named beforehand, and says so; the unbroken base is not."""

import subprocess
import sys
from types import ModuleType

import pytest

from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.mutants import MUTANTS, base
from draftproof.properties.mutants.base.tensors import TensorSampler
from draftproof.properties.mutants.kill import COSTLY, judge, rejections
from draftproof.properties.mutants.mutant import Mutant

# A wrong implementation may well divide by 0.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

LAWS = {law.name: law for contract in CONTRACTS.values() for law in contract.laws}
ON_CPU = {name for name, law in LAWS.items() if "cpu" in law.devices}


def unbroken(module: ModuleType, operation: str) -> Mutant:
    return Mutant("unbroken", module, "", (operation,), (), ("cpu", "cuda"))


def tensors() -> ModuleType:
    module = ModuleType("tensors")
    vars(module)["sample"] = TensorSampler()
    return module


def assert_rejected(mutant: Mutant, laws: set[str], device: str) -> None:
    found = next(rejections(mutant, laws, device), None)
    assert found is not None, f"{mutant.name} survives {', '.join(sorted(laws))}"
    print(f"{found.law}: {found.case}: {found.finding}")
    assert found.law in mutant.killed_by, f"{found.law}: {found.finding}"
    assert found.finding.where
    assert "expected" in str(found.finding)


@pytest.mark.parametrize("name", [name for name, mutant in MUTANTS.items() if "cpu" in mutant.devices])
def test_rejected_on_a_cpu(name: str) -> None:
    assert_rejected(MUTANTS[name], ON_CPU.intersection(MUTANTS[name].killed_by), "cpu")


@pytest.mark.gpu
@pytest.mark.parametrize("name", [n for n, mutant in MUTANTS.items() if {*mutant.killed_by} - ON_CPU])
def test_rejected_on_a_gpu(name: str) -> None:
    assert_rejected(MUTANTS[name], set(MUTANTS[name].killed_by) - ON_CPU, "cuda")


@pytest.mark.parametrize("law", sorted(ON_CPU))
def test_every_law_rejects_a_mutant_that_names_it(law: str) -> None:
    killed = [
        name
        for name, mutant in MUTANTS.items()
        if law in mutant.killed_by
        and "cpu" in mutant.devices
        and next(rejections(mutant, {law}), None) is not None
    ]
    assert killed


def test_every_law_is_named() -> None:
    named = {law for mutant in MUTANTS.values() for law in mutant.killed_by}
    assert named == LAWS.keys()


@pytest.mark.parametrize("name", MUTANTS)
def test_the_account_is_complete(name: str) -> None:
    mutant = MUTANTS[name]
    assert len(mutant.operations) == 1
    assert mutant.story.endswith(".")
    assert mutant.killed_by
    assert {law.name for law in CONTRACTS[mutant.operations[0]].laws} >= {*mutant.killed_by}


def test_every_operation_has_a_mutant() -> None:
    assert {operation for mutant in MUTANTS.values() for operation in mutant.operations} == CONTRACTS.keys()


@pytest.mark.parametrize("operation", base.__all__)
def test_the_base_conforms(operation: str) -> None:
    assert judge(unbroken(base, operation)) == {}


@pytest.mark.parametrize("law", ["exact law", "bounds"])
def test_the_base_verifier_has_the_targets_law(law: str) -> None:
    assert not list(rejections(unbroken(base, "verify_chain"), {law}, budget="standard"))


@pytest.mark.parametrize("operation", ["verify_chain", "sample"])
def test_the_base_passes_the_costly_laws(operation: str) -> None:
    assert not list(rejections(unbroken(base, operation), COSTLY))


def test_the_base_for_tensors_conforms() -> None:
    assert judge(unbroken(tensors(), "sample")) == {}


@pytest.mark.gpu
def test_the_base_for_tensors_passes_the_laws_of_a_gpu() -> None:
    laws = {"graph replay", "two streams", "offsets past 2^31"}
    assert not list(rejections(unbroken(tensors(), "sample"), laws, "cuda"))


def test_listing_does_not_import_torch() -> None:
    program = "import sys, draftproof.properties.mutants; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
