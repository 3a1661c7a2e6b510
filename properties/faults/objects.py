"""Faults of objects: stands for the module that is being written beside this one."""

from collections.abc import Iterator

from draftproof.properties.core.contract import ObjectContract


class ObjectFault:
    name: str
    family: str

    def build(self): ...
    def witness(self, cls): ...


def object_faults(contract: ObjectContract) -> Iterator[ObjectFault]:
    return iter(())
