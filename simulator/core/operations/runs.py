"""Runs that compute: what the data sets of a run must hold, and what happens at its end.

Addresses and sizes are read at the call, as the vendor does it; the bytes are read, and written, when the
task ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.core.accesses import note_host_access, touched
from simulator.core.kernels import raised_at
from simulator.core.memory import NEAR_DEVICE
from simulator.core.operations import models
from simulator.core.operations.allocations import malloc
from simulator.core.operations.submit import submit
from simulator.core.tensors import DTYPES, FORMATS, Tensor, TensorDesc, Wanted, bytes_of, is_open
from simulator.engine.hosts.sites import call_site, site_text

if TYPE_CHECKING:
    from simulator.core.accesses import Touches
    from simulator.core.models import Model
    from simulator.core.operations.models import Dataset
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream
    from simulator.core.tasks import Task
    from simulator.core.tensors import Shape, TensorSpec
    from simulator.engine.hosts.sites import Site

# The vendor's executor forgives a buffer that is smaller by up to its alignment.
_ALIGNMENT: Final = 64


def execute(rt: Runtime, me: Caller, model: Model, source: Dataset, target: Dataset) -> object:
    """Run *model* on its data sets and wait for it."""
    run = None if model.idle else _prepare(rt, me, model, source, target, call_site(me.thread))
    if isinstance(run, Fault):
        return run
    touches = _touches(rt, model, source, target)
    if touches is not None:
        note_host_access(rt, "execute", *touches[:2])
    return models.execute(rt, me, model, run)


def execute_async(
    rt: Runtime, me: Caller, model: Model, source: Dataset, target: Dataset, stream: Stream
) -> object:
    """Queue a run of *model* on its data sets, which remember it until it has ended."""
    if model.idle:
        return models.execute_async(rt, me, model, stream, _touches(rt, model, source, target))
    if stream.context.stop_code:
        return stream.context.stop_code
    site = call_site(me.thread)
    run = _prepare(rt, me, model, source, target, site)
    if isinstance(run, Fault):
        return run

    def make() -> tuple[Task, ...]:
        for dataset in (source, target):
            dataset.uses[stream] = stream.submitted + 1
        return models.next_run(rt, model, run)

    touches = _touches(rt, model, source, target)
    return submit(rt, me, stream, make, "execute", site=site, touches=touches)


def _touches(rt: Runtime, model: Model, source: Dataset, target: Dataset) -> Touches | None:
    """Return what a run reads and writes, for a trace; of a model that only stands for its time, whole buffers."""
    if rt.trace is None or source.implied or target.implied or not (source.buffers or target.buffers):
        return None
    if model.idle:
        return touched(rt, _whole(source), _whole(target), exact=False)
    spec = model.spec
    reads = _tensors(source, spec.inputs, _shapes(model, source))
    return touched(rt, reads, _tensors(target, spec.outputs, spec.output_shapes(source.gear)))


def _whole(dataset: Dataset) -> list[tuple[int, int]]:
    return [(buffer.address, buffer.size) for buffer in dataset.buffers]


def _tensors(dataset: Dataset, specs: Sequence[TensorSpec], shapes: Sequence[Shape]) -> list[tuple[int, int]]:
    """Return where the tensors lie; those of open shape are taken to fill their buffers."""
    tensors = zip(dataset.buffers, specs, shapes, strict=False)
    return [
        (buffer.address, bytes_of(shape, tensor.dtype) or buffer.size) for buffer, tensor, shape in tensors
    ]


def _prepare(
    rt: Runtime, me: Caller, model: Model, source: Dataset, target: Dataset, site: Site
) -> Run | Fault | None:
    """Return what the run does at its end; None for a model without work, a fault for data sets that do not fit.

    The order is the vendor's: buffers there, their number, the gear, their sizes.
    """
    spec = model.spec
    model.said = ""
    for what, dataset in (("input", source), ("output", target)):
        held = zip(dataset.handles, dataset.buffers, strict=True)
        if any(rt.handles.live.get(handle) is not buffer for handle, buffer in held):
            model.said = f"the {what} dataset of {spec.name} holds a data buffer that is destroyed"
            rt.note("stale-handle", model.said, "0.3")
            return Fault.INVALID_ARGUMENT
    wrong = _wrong_number(model, source, target)
    if wrong is None and spec.gears is not None and source.gear is None:
        wrong = f"{spec.name} has gears, and none was set for this input dataset: call acl.mdl.set_dynamic_* first"
    run = Run(rt, me, model, source, target, site) if wrong is None else None
    wrong = wrong if run is None else run.misfit()
    if wrong is not None:
        model.said = wrong
        rt.note("dataset-does-not-fit", wrong, "0.2")
        return Fault.MODEL_DATASETS
    return None if spec.compute is None and spec.fails_with is None else run


def _wrong_number(model: Model, source: Dataset, target: Dataset) -> str | None:
    spec = model.spec
    wanted = len(spec.all_inputs)
    if len(source.buffers) < wanted:
        return f"the input dataset has {len(source.buffers)} buffers, {spec.name} has {wanted} inputs"
    if len(target.buffers) != len(spec.outputs):
        return f"the output dataset has {len(target.buffers)} buffers, {spec.name} has {len(spec.outputs)} outputs"
    return None


class Run:
    """One run of a model: the places of its tensors as they were at the call. Calling it does the work."""

    __slots__ = ("_gear", "_inputs", "_me", "_model", "_outputs", "_rt", "_shapes", "_site", "_target", "why")

    def __init__(
        self, rt: Runtime, me: Caller, model: Model, source: Dataset, target: Dataset, site: Site
    ) -> None:
        self._rt = rt
        self._me = me
        self._model = model
        self._target = target
        self._site = site
        self.why = ""
        self._gear = source.gear
        self._shapes = _shapes(model, source)
        count = len(model.spec.inputs)
        self._inputs = [(buffer.address, buffer.size) for buffer in source.buffers[:count]]
        self._outputs = [(buffer.address, buffer.size) for buffer in target.buffers]

    def __repr__(self) -> str:
        return f"<run of {self._model.spec.name}>"

    def misfit(self) -> str | None:
        """Say what does not fit: an input without a shape, or a buffer too small for its tensor."""
        spec = self._model.spec
        for index, (tensor, shape) in enumerate(zip(spec.inputs, self._shapes, strict=True)):
            if is_open(shape):
                return (
                    f"input {index} of {spec.name} has the open shape {list(shape)} and no description: call "
                    "acl.mdl.set_dataset_tensor_desc"
                )
            if self._gear is None:
                wanted, given = bytes_of(shape, tensor.dtype), self._inputs[index][1]
                if given + _ALIGNMENT < wanted:
                    return f"input {index} of {spec.name} needs {wanted} bytes, its buffer has {given}"
        for index, (tensor, (address, given)) in enumerate(zip(spec.outputs, self._outputs, strict=True)):
            wanted = 0 if self._gear is not None else bytes_of(tensor.shape, tensor.dtype)
            if address and given + _ALIGNMENT < wanted:
                return f"output {index} of {spec.name} needs {wanted} bytes, its buffer has {given}"
        return None

    def operands(self) -> tuple[list[TensorDesc], list[TensorDesc]]:
        """Describe the tensors of this run, with their addresses: (inputs, outputs)."""
        spec = self._model.spec
        inputs = zip(spec.inputs, self._shapes, self._inputs, strict=True)
        outputs = zip(spec.outputs, spec.output_shapes(self._gear), self._outputs, strict=True)
        return [_described(*each) for each in inputs], [_described(*each) for each in outputs]

    def __call__(self) -> int:
        """Do the work; return 0, or the code of the failure, which a finding explains."""
        spec = self._model.spec
        compute = spec.compute
        inputs = self._read()
        if inputs is None or compute is None:
            return self._rt.code_of(Fault.AICORE_EXCEPTION)
        shapes = spec.output_shapes(self._gear)
        wanted = [Wanted(shape, tensor.dtype) for tensor, shape in zip(spec.outputs, shapes, strict=True)]
        try:
            outputs = compute(inputs, wanted)
            wrong = _wrong_outputs(outputs, wanted)
        except Exception as error:  # noqa: BLE001 - whatever the model's own work raises is a failure of the run
            wrong = f"{type(error).__name__}: {error}{raised_at(error)}"
        if wrong is not None:
            self._rt.note("model-work-failed", self._failed(f"the work of {spec.name} failed: {wrong}"), "i3")
            return self._rt.code_of(Fault.MODEL_EXECUTE)
        return self._write(outputs)

    def _read(self) -> list[Tensor] | None:
        tensors = []
        for index, (spec, shape) in enumerate(zip(self._model.spec.inputs, self._shapes, strict=True)):
            address, _ = self._inputs[index]
            size = bytes_of(shape, spec.dtype)
            data = (
                self._rt.memory.read(address, size) if self._usable("input", index, address, size) else None
            )
            if data is None:
                return None
            tensors.append(Tensor(memoryview(data), shape, spec.dtype))
        return tensors

    def _write(self, outputs: Sequence[Tensor]) -> int:
        code = 0
        for index, tensor in enumerate(outputs):
            code = code or self._write_one(index, tensor)
        return code

    def _write_one(self, index: int, tensor: Tensor) -> int:
        rt = self._rt
        address, _ = self._outputs[index]
        size = tensor.data.nbytes
        if address == 0:
            made = malloc(rt, self._me, max(size, 1))
            if isinstance(made, Fault):
                return rt.code_of(made)
            address = made[0]
            buffer = self._target.buffers[index]
            buffer.address, buffer.size = address, size
        if not self._usable("output", index, address, size) or not rt.memory.store(address, tensor.data):
            return rt.code_of(Fault.AICORE_EXCEPTION)
        desc = TensorDesc(DTYPES[tensor.dtype].number, tensor.shape, 2)
        if index in self._target.descs or is_open(self._model.spec.outputs[index].shape):
            self._target.descs[index] = desc
        return 0

    def _usable(self, what: str, index: int, address: int, size: int) -> bool:
        """Tell whether the device can reach *size* bytes there; a finding says why not."""
        memory, name = self._rt.memory, self._model.spec.name
        place = memory.place_of(address)
        if not memory.fits(address, size):
            why = f"reaches memory that was freed, is not mapped, or ends before its {size} bytes"
            self._rt.note("bad-address", self._failed(f"{what} {index} of {name} {why}"), "i3")
            return False
        if place not in NEAR_DEVICE and not self._rt.profile.runtime.host_shares_device_memory:
            why = (
                f"lies in {place.value} memory, which the device of this product cannot reach: copy it first"
            )
            self._rt.note("host-memory-in-model", self._failed(f"{what} {index} of {name} {why}"), "i3")
            return False
        return True

    def _failed(self, text: str) -> str:
        """Keep why the run failed; return it with the line that launched it: it shows elsewhere, and later."""
        self.why = self._model.said = text
        site = site_text(self._site)
        return f"{text} (launched at {site})" if site else text


def _described(tensor: TensorSpec, shape: Shape, place: tuple[int, int]) -> TensorDesc:
    layout = FORMATS.get(tensor.format, FORMATS["ND"])
    return TensorDesc(DTYPES[tensor.dtype].number, shape, layout, address=place[0])


def _shapes(model: Model, source: Dataset) -> tuple[Shape, ...]:
    """Return the shapes of the inputs: the gear's, else the program's descriptions, else the model's own."""
    spec = model.spec
    if spec.gears is not None:
        return spec.input_shapes(source.gear)
    return tuple(
        source.descs[index].shape if is_open(tensor.shape) and index in source.descs else tensor.shape
        for index, tensor in enumerate(spec.inputs)
    )


def _wrong_outputs(outputs: Sequence[Tensor], wanted: list[Wanted]) -> str | None:
    """Say in what the outputs of the work differ from what the model declares."""
    if len(outputs) != len(wanted):
        return f"it gave {len(outputs)} outputs, the model declares {len(wanted)}"
    for index, (tensor, (shape, dtype)) in enumerate(zip(outputs, wanted, strict=True)):
        fits = len(shape) == len(tensor.shape) and all(
            size in (-1, given) for size, given in zip(shape, tensor.shape, strict=False)
        )
        if not fits or tensor.dtype != dtype:
            given, declared = f"{tensor.dtype}{list(tensor.shape)}", f"{dtype}{list(shape)}"
            return f"output {index} is {given}, the model declares {declared}"
    return None
