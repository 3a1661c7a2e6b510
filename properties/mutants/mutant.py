"""What a mutant is: a backend namespace with one bug, and what it says about itself."""

from dataclasses import dataclass
from types import ModuleType

from draftproof.properties.contracts import CONTRACTS

DEVICES = ("cpu", "cuda")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted bug."""

    name: str
    module: ModuleType
    """The backend: ``draftproof check`` takes its name."""
    story: str
    """Where it was seen, and what goes wrong."""
    operations: tuple[str, ...]
    killed_by: tuple[str, ...]
    """The laws that must reject it, wherever they can be checked."""
    devices: tuple[str, ...]
    """Where it can be run."""

    @classmethod
    def of(cls, module: ModuleType) -> "Mutant | None":
        """Read a module's own account; None for a module that has no ``STORY``."""
        if not hasattr(module, "STORY"):
            return None
        return cls(
            module.__name__.rpartition(".")[2],
            module,
            module.STORY,
            tuple(name for name in CONTRACTS if callable(getattr(module, name, None))),
            module.KILLED_BY,
            getattr(module, "DEVICES", DEVICES),
        )
