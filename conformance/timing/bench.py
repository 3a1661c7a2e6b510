"""What ``draftproof bench`` times, and how it shows the times."""

import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console

from draftproof.conformance.diagnostic import DiagnosticError
from draftproof.conformance.reporting import charts
from draftproof.conformance.reporting.records import BenchRow
from draftproof.conformance.reporting.report import short_name
from draftproof.conformance.running.backends import BACKENDS
from draftproof.conformance.running.request import require_names, select_contracts
from draftproof.conformance.timing.objects import ORACLE, time_objects
from draftproof.conformance.timing.strangers import time_stranger
from draftproof.properties.backend import unavailable
from draftproof.properties.contracts import CONTRACTS
from draftproof.properties.core.contract import FunctionContract, ObjectContract


def prepare_benches(modules: Sequence[str], operations: Sequence[str]) -> Callable[[], Iterator[BenchRow]]:
    """Return a function that times the modules (all of ours if none) on every benchmark shape.

    Ours are timed in this process, strangers each in one of its own. Raises as ``prepare_here`` does.
    """
    require_names(modules)
    select_contracts(operations)
    strangers = [module for module in modules if module not in BACKENDS]
    ours = [module for module in modules if module in BACKENDS]
    here = prepare_here(ours, operations) if ours or not strangers else None

    def rows() -> Iterator[BenchRow]:
        if here is not None:
            yield from here()
        for module in strangers:
            yield from time_stranger(module, operations)

    return rows


def prepare_here(modules: Sequence[str], operations: Sequence[str]) -> Callable[[], Iterator[BenchRow]]:
    """Return a function that times the modules (all of ours if none) in this process.

    Objects of the host are timed on any machine. Raises DiagnosticError at once where nothing that is
    asked for can be timed, for want of a CUDA device or of torch.
    """
    sys.path.insert(0, str(Path.cwd()))
    wanted = select_contracts(operations)
    asked = [name for name in modules or BACKENDS[1:] if _runs(name)]
    objects = [
        contract
        for contract in wanted
        if isinstance(contract, ObjectContract)
        and contract.acts
        and any(hasattr(import_module(name), contract.name) for name in asked)
    ]
    kernels = [contract for contract in wanted if isinstance(contract, FunctionContract) and contract.benches]
    missing = _no_gpu() if kernels else None
    if missing is not None and not objects:
        raise missing

    def rows() -> Iterator[BenchRow]:
        if kernels and missing is None:
            yield from _kernel_rows(kernels, list(filter(_on_gpu, asked)))
        for contract in objects:
            yield from time_objects(contract, asked)

    return rows


def has_timings(module: str, device: str, operations: Collection[str]) -> bool:
    """Whether a backend that has ``operations`` on ``device`` has kernels on a GPU to time, or an object."""
    has_object = any(isinstance(CONTRACTS[name], ObjectContract) for name in operations)
    return module != ORACLE and (device == "cuda" or (device == "numpy" and has_object))


def _no_gpu() -> DiagnosticError | None:
    """Return why no kernel can be timed here, or None."""
    try:
        import torch
    except ImportError:
        return DiagnosticError("bench-torch", "bench needs torch", [], "pip install 'draftproof[torch]'")
    if torch.cuda.is_available():
        return None
    return DiagnosticError(
        "bench-device",
        "bench needs a CUDA device, and there is none here",
        [],
        "run it on a machine with a GPU",
    )


def _kernel_rows(contracts: Sequence[FunctionContract], backends: Sequence[str]) -> Iterator[BenchRow]:
    import torch

    from draftproof.conformance.timing.kernels import EAGER, bench, drop_peers

    shown = {short_name(name) for name in backends}
    on_h100 = "H100" in torch.cuda.get_device_name()
    for contract in contracts:
        for shape in contract.benches:
            for row in bench(contract, shape, [EAGER, *(name for name in backends if name != EAGER)]):
                if row.backend in shown:
                    yield row if on_h100 else drop_peers(row)
            torch.cuda.empty_cache()


def _runs(backend: str) -> bool:
    try:
        module = import_module(backend)
    except ModuleNotFoundError as error:
        if error.name and backend.startswith(error.name):
            raise DiagnosticError("backend-broken", f"there is no module {error.name!r}") from error
        return False
    except ImportError:
        return False
    return unavailable(module, "cuda") is None


def _on_gpu(backend: str) -> bool:
    return getattr(import_module(backend), "CONFORMANCE", {}).get("arrays") != "numpy"


def show_benches(rows: Sequence[BenchRow], folder: Path, console: Console) -> None:
    """Print the times and write them, with the chart, ready for a pull request."""
    for line in charts.write_lines(rows):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(
        json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8"
    )
    (folder / "bench.md").write_text(charts.markdown(rows) + "\n", encoding="utf-8")
    (folder / "bench.svg").write_text(charts.chart(rows), encoding="utf-8")
