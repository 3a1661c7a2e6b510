"""A backend to begin with: it has the operation's call and outputs, is judged, and fails."""

import inspect
from collections.abc import Callable, Iterator
from textwrap import fill, indent
from typing import Any

from draftproof.axes import Axis
from draftproof.properties.core.contract import Argument, Contract, FunctionContract, ObjectContract

WIDTH = 100


def write_skeleton(contract: Contract, module: str, *, with_torch: bool) -> str:
    """Return the text of a module that has what is under contract, on torch tensors or NumPy arrays."""
    command = f"draftproof check {module} --op {contract.name} --budget small"
    if isinstance(contract, FunctionContract):
        body = _write_function(contract, with_torch)
        head = "import torch\n" if with_torch else 'import numpy as np\n\nCONFORMANCE = {"arrays": "numpy"}\n'
    else:
        body = _write_class(contract) if isinstance(contract, ObjectContract) else _write_compiler(contract)
        head = 'CONFORMANCE = {"arrays": "numpy"}\n'
    text = f"To be written. The rule: draftproof explain {contract.name}\n\n{command}\n"
    return f'"""{text}"""\n\n{head}\n\n{body}'


def _write_function(contract: FunctionContract, with_torch: bool) -> str:
    names = [argument.name for argument in contract.arguments]
    parameters = ", ".join([*names, *(["*", *contract.keywords] if contract.keywords else [])])
    lines = [f"def {contract.name}({parameters}):", *_quote(contract.rule), *_read_sizes(contract)]
    empty = ".zero_()" if with_torch else "[...] = 0"
    lines += [f"{argument.name}{empty}" for argument in contract.mutated]
    lines += [f"{output.name} = {_zeros(contract, output, with_torch)}" for output in contract.outputs]
    if contract.outputs:
        lines.append(f"return {', '.join(output.name for output in contract.outputs)}")
    return "\n    ".join(lines) + "\n"


def _quote(text: str) -> list[str]:
    """Return the lines of a docstring."""
    lines = fill(text, WIDTH).splitlines()
    return [f'"""{lines[0]}"""'] if len(lines) == 1 else [f'"""{lines[0]}', *lines[1:], '"""']


def _read_sizes(contract: FunctionContract) -> Iterator[str]:
    """Yield lines that read the sizes that outputs have off the arguments."""
    wanted = {
        name for output in contract.outputs for axis in output.axes for name in Axis.parse(axis).names
    } - set(contract.keywords)
    for argument in contract.arguments:
        for place, axis in enumerate(argument.axes):
            if axis in wanted and not argument.optional:
                wanted.remove(axis)
                yield f"{axis} = {argument.name}.shape[{place}]"


def _zeros(contract: FunctionContract, output: Argument, with_torch: bool) -> str:
    first = next(argument.name for argument in contract.arguments if not argument.optional)
    shape = f"({', '.join(map(_size, output.axes))}{',' * (len(output.axes) == 1)})"
    floating = next((a.name for a in contract.arguments if a.dtype == "float"), first)
    if not with_torch:
        dtype = f"{floating}.dtype" if output.dtype == "float" else f"np.{output.dtype}"
        return f"np.zeros({shape}, {dtype})"
    dtype = f"{floating}.dtype" if output.dtype == "float" else f"torch.{output.dtype}"
    return f"torch.zeros({shape}, dtype={dtype}, device={first}.device)"


def _size(text: str) -> str:
    """Return an axis as an expression; what follows from the data is none yet.

    >>> _size("K+1"), _size("V/32"), _size("D?")
    ('K + 1', '-(-V // 32)', '0')
    """
    axis = Axis.parse(text)
    terms = [
        "0" if term.from_data else term.name if term.divisor == 1 else f"-(-{term.name} // {term.divisor})"
        for term in axis.terms
    ]
    return " + ".join(terms + [str(axis.number)] * bool(axis.number or not terms))


def _write_class(contract: ObjectContract) -> str:
    """Return a class with the methods and values of the oracle; the methods are to be written."""
    parts = [f"class {contract.name}:", indent("\n".join(_quote(contract.rule)), "    ")]
    constructor = vars(contract.oracle)["__init__"]
    names = [name for name in inspect.signature(constructor).parameters if name != "self"]
    kept = "".join(f"        self.{name} = {name}\n" for name in names)
    parts.append(f"\n    def __init__({_parameters(constructor)}):\n{kept.rstrip()}")
    for name, method in contract.methods.items():
        says = (inspect.getdoc(method) or "").partition("\n")[0]
        parts.append(f'\n    def {name}({_parameters(method)}):\n        """{says}"""')
        parts.append(f'        raise NotImplementedError("{contract.name}.{name}")')
    for name, value in inspect.getmembers(contract.oracle):
        if isinstance(value, property):
            says = (inspect.getdoc(value) or "").partition("\n")[0]
            parts.append(f'\n    @property\n    def {name}(self):\n        """{says}"""\n        return 0')
    return "\n".join(parts) + "\n"


def _parameters(method: Callable[..., Any]) -> str:
    """Return a method's parameters without their types."""
    signature = inspect.signature(method)
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return str(inspect.Signature(bare)).removeprefix("(").removesuffix(")")


def _write_compiler(contract: Contract) -> str:
    lines = [f"def {contract.name}(text, **keywords):", *_quote(contract.rule)]
    return "\n    ".join([*lines, f'raise NotImplementedError("{contract.name}")']) + "\n"
