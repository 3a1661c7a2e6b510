"""Every law of every operation, on planned and on drawn cases, for the backend given or for ours.

With ``--backend MODULE`` that module is judged; without it the oracles and the backends of this project,
wherever they can run: eager and the native tree on the CPU, Triton under its interpreter, all on a GPU.
"""

from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from draftproof.properties.backend import Backend, BackendError
from draftproof.properties.cases.plan import Check, plan
from draftproof.properties.cases.promised import fit
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.case import Case
from draftproof.properties.core.law import Law
from draftproof.properties.core.promises import Promises
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.rounding import too_many_forgiven
from draftproof.properties.strategies import cases

INTERPRETED_EXAMPLES = 8
"""An interpreter takes a tenth of a second for a launch."""

SHOWN = 5
"""Failing cases printed in full, and findings of each."""


@dataclass(frozen=True, slots=True)
class Target:
    """A backend to be judged, by name: nothing is imported before its test runs."""

    module: str
    device: str

    def load(self, operation: str) -> Backend:
        """Import it, or skip the test of an operation with the reason."""
        try:
            backend = Backend.load(self.module, self.device)
        except BackendError as error:
            pytest.skip(f"unavailable: {error}")
        if backend.unavailable:
            pytest.skip(f"unavailable: {backend.unavailable}")
        if backend.subject(operation) is None:
            pytest.skip(f"absent: {self.module} has no {operation}")
        return backend

    @property
    def label(self) -> str:
        """The last part of the module's name, and the device."""
        return f"{self.module.rpartition('.')[2]}-{self.device}"


OURS = {
    Target("draftproof.reference", "numpy"): (),
    Target("draftproof.optimized.host", "numpy"): (),
    Target("draftproof.optimized.eager", "cpu"): (),
    Target("draftproof.optimized.triton", "interpreter"): (pytest.mark.interpret,),
    **{
        Target(f"draftproof.optimized.{name}", "cuda"): (pytest.mark.gpu,)
        for name in ("eager", "triton", "cupy", "cuda")
    },
}


def targets(config: pytest.Config) -> dict[Target, tuple[pytest.MarkDecorator, ...]]:
    """Return whom to judge, with the marks of the tests."""
    name = config.getoption("draftproof_backend", None)
    if name is None:
        return OURS
    return {Target(name, Backend.load(name, config.getoption("draftproof_device")).device): ()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One planned test per operation and law, one drawn test per operation."""
    parameters = []
    config = metafunc.config
    for target, marks in targets(config).items():
        for name, contract in CONTRACTS.items():
            if target in OURS and name not in offered(target):
                continue
            if "law" not in metafunc.fixturenames:
                parameters.append(pytest.param(target, name, marks=marks, id=f"{target.label}-{name}"))
                continue
            laws = [
                law
                for law in contract.laws
                if target.device in law.devices and due(law, target, name, config)
            ]
            for law in [None] if absent(target, name) else laws:
                label = f"{target.label}-{name}-{law.name.replace(' ', '_') if law else 'absent'}"
                parameters.append(pytest.param(target, name, law, marks=marks, id=label))
    names = "target, operation, law" if "law" in metafunc.fixturenames else "target, operation"
    metafunc.parametrize(names, parameters)


def offered(target: Target) -> set[str]:
    """Return what a backend of ours is there for: the oracles for everything, the others as contracts say."""
    if target.module == "draftproof.reference":
        return set(CONTRACTS)
    backend = target.module.rpartition(".")[2]
    return {name for name, contract in CONTRACTS.items() if backend in contract.backends}


def due(law: Law, target: Target, operation: str, config: pytest.Config) -> bool:
    """Whether the budget has cases for a law."""
    budget, seed = config.getoption("draftproof_budget", "small"), config.getoption("draftproof_seed", 0)
    return law.cases is None or bool(law.cases(CONTRACTS[operation], target.device, budget, seed))


def absent(target: Target, operation: str) -> bool:
    """Whether a backend given by name lacks an operation; ours are not imported to find out."""
    return target not in OURS and Backend.load(target.module, target.device).subject(operation) is None


@pytest.fixture(autouse=True)
def _present(target: Target, operation: str) -> None:
    if absent(target, operation):
        pytest.skip(f"absent: {target.module} has no {operation}")


@cache
def planned(target: Target, operation: str, budget: str, seed: int) -> list[Check]:
    """Return all checks of one operation."""
    backend = target.load(operation)
    return plan(CONTRACTS[operation], target.device, budget, seed, promises_of(backend, operation))


def promises_of(backend: Backend, operation: str) -> Promises:
    """Return what a backend promises; fail the test if that cannot be read."""
    try:
        return backend.promises(operation)
    except BackendError as error:
        pytest.fail(str(error), pytrace=False)


def test_planned_cases(target: Target, operation: str, law: Law, pytestconfig: pytest.Config) -> None:
    backend = target.load(operation)
    if reason := backend.exempt(law, operation):
        pytest.skip(f"exempt: {reason}")
    budget = pytestconfig.getoption("draftproof_budget", "small")
    seed = pytestconfig.getoption("draftproof_seed", 0)
    checks = [check for check in planned(target, operation, budget, seed) if check.law == law]
    if not checks:
        pytest.skip(f"not run: no case of {law.name!r} in the budget {budget!r}")
    chosen = [check.case for check in checks if not check.unpromised]
    if not chosen:
        pytest.skip(f"not promised: {checks[0].unpromised}")
    total, failures = Verdict(), []
    for case in chosen:
        verdict = backend.check(law, case)
        total.absorb(verdict)
        if not verdict.passed:
            failures.append(explanation(backend, law, case, verdict))
    if failures:
        shown = "\n".join(failures[:SHOWN])
        pytest.fail(f"{law.sentence}\n{len(failures)} of {len(chosen)} cases fail\n{shown}", pytrace=False)
    if too_many_forgiven(total.forgiven, total.decisions):
        pytest.fail(f"{total.forgiven} of {total.decisions} decisions needed forgiveness", pytrace=False)


def explanation(backend: Backend, law: Law, case: Case, verdict: Verdict) -> str:
    """Return what is wrong with one case, and the command that shows it again."""
    findings = [f"    {finding}" for finding in verdict.findings[:SHOWN]]
    return "\n".join([f"  {case}", *findings, f"    {backend.reproduction(law, case)}"])


def test_fuzz(target: Target, operation: str) -> None:
    backend, contract = target.load(operation), CONTRACTS[operation]
    device = target.device
    # Laws with inputs of their own have a fixed list of cases; drawing finds no new ones.
    laws = {law.name: law for law in contract.laws if law.cases is None and device in law.devices}
    laws = {name: law for name, law in laws.items() if not backend.exempt(law, operation)}
    promises = promises_of(backend, operation)
    drawn = cases(operation, device=device, variants=promises.options)

    def holds(case: Case, law: str) -> None:
        event(law)
        for checked in dict.fromkeys((contract.laws[0], laws[law])):
            promised = fit(contract, checked, case, promises)
            if promised is None:
                continue
            verdict = backend.check(checked, promised)
            assert verdict.passed, "\n" + explanation(backend, checked, promised, verdict)

    # Hypothesis keeps failing examples by the test's name.
    holds.__name__ = f"{target.label}_{operation}".replace("-", "_")
    most = settings.default.max_examples if settings.default else 40
    if device == "interpreter":
        most = min(most, INTERPRETED_EXAMPLES)
    settings(max_examples=most)(given(case=drawn, law=st.sampled_from(list(laws)))(holds))()
