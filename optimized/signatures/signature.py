"""The signature of an operation: read from the annotations of its eager function, held against each call."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, get_type_hints

import torch

from draftproof.axes import Axis
from draftproof.optimized.signatures.declarations import NOT_EMPTY, RULES, Count, TensorArgument, declared
from draftproof.optimized.signatures.dtypes import CLASSES, DTYPES, short

Values = list[Any]
"""The values of a call's arguments, in the declared order."""

OUT = "out"
"""The parameter by which a function asks for its outputs, allocated."""


class Signature:
    """What an operation takes and returns.

    Attributes
    ----------
    name
        The operation.
    arguments
        Tensors, choices and counts in order.
    outputs
        The returned tensors in order; ``result`` is the NamedTuple that holds them, or None if there is
        none: then one tensor is returned, or nothing.
    positional
        How many arguments may be given without their names.
    has_status
        Whether a call may be checked: ``check=True`` raises on a bit in the output ``status``.
    python
        The signature as ``inspect`` has it.
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        parameters = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.name not in injected(function)
        ]
        annotations = get_type_hints(function, include_extras=True)
        result = annotations.pop("return")
        self.name = name
        self.arguments = tuple(declared(each.name, annotations[each.name]) for each in parameters)
        self.result: type[tuple[Any, ...]] | None = result if hasattr(result, "_fields") else None
        self.outputs = tuple(_outputs(name, result))
        self.has_status = any(output.name == "status" for output in self.outputs)
        if self.has_status:
            check = inspect.Parameter("check", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=bool)
            parameters.append(check)
        self.python = inspect.Signature(parameters, return_annotation=result)

        self._names = tuple(argument.name for argument in self.arguments)
        self.positional = sum(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in parameters)
        self._defaults = {
            each.name: each.default for each in parameters if each.default is not inspect.Parameter.empty
        }
        tensors = [(i, each) for i, each in enumerate(self.arguments) if isinstance(each, TensorArgument)]
        # What must be there comes first: it tells the sizes that what may be left out has to fit.
        self._tensors = sorted(tensors, key=lambda pair: pair[1].optional)
        self._checks = [
            (i, each, each.optional, DTYPES[each.dtype], each.dtype in CLASSES, each.steps)
            for i, each in self._tensors
        ]
        self._later = [pair for pair in self._tensors if pair[1].waits or pair[1].rules]
        # Of a call without an empty axis is not asked whether one may be empty.
        self._filled = [
            (i, each) for i, each in self._later if each.waits or any(r != NOT_EMPTY for _, r in each.rules)
        ]
        self._keywords = [
            (i, each) for i, each in enumerate(self.arguments) if not isinstance(each, TensorArgument)
        ]
        self._counts = [(i, each.name) for i, each in self._keywords if isinstance(each, Count)]

    @property
    def mutated(self) -> tuple[str, ...]:
        """The names of the tensors that the operation writes to."""
        return tuple(argument.name for _, argument in self._tensors if argument.mutated)

    def bind(self, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> tuple[Values, bool]:
        """Return the values of a call in the declared order, and ``check``; TypeError as Python has it."""
        values, taken = list(args), 0
        for name in self._names[len(args) :]:
            if name in keywords:
                values.append(keywords[name])
                taken += 1
            elif name in self._defaults:
                values.append(self._defaults[name])
            else:
                self._misfit(args, keywords)
        if len(args) > self.positional:
            self._misfit(args, keywords)
        check = False
        if self.has_status and "check" in keywords:
            check = keywords["check"]
            taken += 1
        if taken != len(keywords):
            self._misfit(args, keywords)
        return values, check

    def check(self, values: Values) -> tuple[dict[str, int], torch.device]:
        """Return the sizes by letter and by keyword, and the device.

        Raises TypeError or ValueError that names operation, argument, what was expected and what came.
        """
        for i, keyword in self._keywords:
            keyword.check(self.name, values[i])
        sizes: dict[str, int] = {name: values[i] for i, name in self._counts}
        device: torch.device | None = None
        bound: dict[str, torch.dtype] = {}
        for i, argument, optional, dtypes, is_class, steps in self._checks:
            value = values[i]
            if value is None and optional:
                continue
            if not isinstance(value, torch.Tensor) or value.layout is not torch.strided or value.is_nested:
                self._refuse_kind(argument, value)
            dtype, place = value.dtype, value.device
            device = device or place
            allowed = dtype in dtypes and (not is_class or bound.get(argument.dtype, dtype) == dtype)
            if not (_fits(steps, value.shape, sizes) and allowed and place == device):
                self._refuse(argument, value, argument.expected(sizes, bound), device)
            if is_class:
                bound[argument.dtype] = dtype
        if device is None:
            raise TypeError(f"{self.name}: expected torch tensors, got none")
        for i, argument in self._later if 0 in sizes.values() else self._filled:
            if values[i] is not None:
                self._check_again(argument, values[i], sizes, bound, device)
        return sizes, device

    def _check_again(
        self,
        argument: TensorArgument,
        value: torch.Tensor,
        sizes: dict[str, int],
        bound: Mapping[str, torch.dtype],
        device: torch.device,
    ) -> None:
        """Check what needs the sizes that every tensor of the call has told."""
        if not _fits(argument.steps, value.shape, sizes):
            self._refuse(argument, value, argument.expected(sizes, bound), device)
        if not all(RULES[rule](sizes[letter]) for letter, rule in argument.rules):
            self._refuse(argument, value, argument.expected({}, bound), device)

    def allocate(self, values: Values, sizes: Mapping[str, int], device: torch.device) -> Any:
        """Return the outputs, not yet written, as the operation returns them."""
        return self.pack([self._empty(output, values, sizes, device) for output in self.outputs])

    def imagine(self, values: Values) -> list[torch.Tensor]:
        """Return empty outputs for tensors without data: what ``torch.compile`` wants to know.

        A size that follows from the data is a new symbol. Nothing is checked: the call itself will.
        """
        sizes: dict[str, Any] = {name: values[i] for i, name in self._counts}
        present = [(values[i], argument) for i, argument in self._tensors if values[i] is not None]
        for _ in range(2):  # again for sums of letters that stand before their letters
            for value, argument in present:
                for axis, size in zip(argument.axes, value.shape, strict=True):
                    axis.learn(size, sizes)
        for output in self.outputs:
            for axis in output.axes:
                for term in axis.terms:
                    if term.from_data and term.name not in sizes:
                        sizes[term.name] = torch.library.get_ctx().new_dynamic_size()
        return [self._empty(output, values, sizes, present[0][0].device) for output in self.outputs]

    def pack(self, outputs: list[torch.Tensor]) -> Any:
        """Return outputs in a list as the operation returns them."""
        if self.result is not None:
            return self.result(*outputs)
        return outputs[0] if outputs else None

    def unpack(self, result: Any) -> tuple[torch.Tensor, ...]:
        """Return what the operation returned as a tuple."""
        if self.result is not None:
            return tuple(result)
        return (result,) if self.outputs else ()

    def _empty(
        self, output: TensorArgument, values: Values, sizes: Mapping[str, int], device: torch.device
    ) -> torch.Tensor:
        shape = []
        for axis in output.axes:
            size = axis.size(sizes)
            if size is None:
                raise ValueError(f"{self.name}: the size {axis} of {output.name} follows from no input")
            shape.append(size)
        dtype = DTYPES[output.dtype][0]
        if output.dtype in CLASSES:
            dtype = next(
                values[i].dtype
                for i, argument in self._tensors
                if argument.dtype == output.dtype and values[i] is not None
            )
        return torch.empty(shape, dtype=dtype, device=device)

    def _misfit(self, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        try:
            self.python.bind(*args, **keywords)
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}") from None

    def _refuse_kind(self, argument: TensorArgument, value: object) -> NoReturn:
        """Refuse what is no tensor, or none that lies in memory as strides say."""
        if not isinstance(value, torch.Tensor):
            kind = type(value).__name__
            raise TypeError(f"{self.name}: {argument.name} must be a torch.Tensor, got {kind}")
        layout = "a nested tensor" if value.is_nested else f"layout {str(value.layout)[6:]}"
        raise ValueError(f"{self.name}: {argument.name} must be a dense tensor, got {layout}")

    def _refuse(
        self, argument: TensorArgument, value: torch.Tensor, expected: str, device: torch.device
    ) -> None:
        raise ValueError(
            f"{self.name}: {argument.name} must be {expected} on {device}, "
            f"got {short(value.dtype)} {list(value.shape)} on {value.device}"
        )


def injected(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the parameters that a call does not give: sizes by their letters, and ``out``."""
    names = inspect.signature(function).parameters
    return tuple(name for name in names if name == OUT or (len(name) == 1 and name.isupper()))


def _fits(steps: tuple[tuple[str | None, int, Axis], ...], shape: torch.Size, sizes: dict[str, int]) -> bool:
    """Say whether a shape has these axes, and learn the letters in them."""
    if len(shape) != len(steps):
        return False
    for (letter, number, axis), size in zip(steps, shape, strict=False):
        if letter is None:
            if not axis.learn(size, sizes):
                return False
            continue
        size -= number
        if sizes.setdefault(letter, size) != size or size < 0:
            return False
    return True


def _outputs(operation: str, result: Any) -> list[TensorArgument]:
    if result is type(None):
        return []
    fields = get_type_hints(result, include_extras=True) if hasattr(result, "_fields") else {"output": result}
    outputs = []
    for name, annotation in fields.items():
        output = declared(name, annotation)
        if not isinstance(output, TensorArgument) or output.optional:
            raise TypeError(f"{operation}: output {name} must be declared as a tensor, got {annotation!r}")
        outputs.append(output)
    return outputs
