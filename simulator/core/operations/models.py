"""Models and datasets: load, run, and the containers that programs must hand over."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.core.failures import tell_failures
from simulator.core.models import Model
from simulator.core.operations.submit import put_one, submit
from simulator.core.streams import Stream
from simulator.core.tasks import FailingTask
from simulator.engine.wait import CANCELLED

if TYPE_CHECKING:
    from simulator.core.accesses import Touches
    from simulator.core.models import ModelSpec, Work
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.tasks import ExecuteTask
    from simulator.core.tensors import Shape, TensorDesc
    from simulator.engine.wait import Outcome


class DataBuffer:
    """An address and a size, as aclDataBuffer."""

    __slots__ = ("address", "size")

    def __init__(self, address: int, size: int) -> None:
        self.address = address
        self.size = size

    def __repr__(self) -> str:
        return f"<data buffer of {self.size} bytes>"


class Dataset:
    """A list of data buffers, as aclmdlDataset, with what belongs to each: its handle, its description.

    `gear` is what a run with this data set as its input runs in. `uses` are the runs that were given it: the
    last one of each stream. Nobody looks into one that is `implied`: the program did not ask for it.
    """

    __slots__ = ("buffers", "descs", "gear", "handles", "implied", "uses")

    def __init__(self) -> None:
        self.buffers: list[DataBuffer] = []
        self.handles: list[int] = []
        self.descs: dict[int, TensorDesc] = {}
        self.gear: Shape | None = None
        self.implied = False
        self.uses: dict[Stream, int] = {}

    def __repr__(self) -> str:
        return f"<dataset of {len(self.buffers)} buffers>"

    def append(self, buffer: DataBuffer, handle: int) -> None:
        """Add a buffer behind the others."""
        self.buffers.append(buffer)
        self.handles.append(handle)

    @property
    def busy_on(self) -> Stream | None:
        """A stream with a run of it that has not ended."""
        return next((stream for stream, last in self.uses.items() if stream.done < last), None)


def load(rt: Runtime, me: Caller, spec: ModelSpec | None) -> tuple[int] | Fault:
    """Load a model: (model id,); MODEL_PATH without a *spec*."""
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    if spec is None:
        return Fault.MODEL_PATH
    rt.models_loaded += 1
    model_id = rt.models_loaded
    rt.models[model_id] = Model(spec, model_id, context.device, rt.costs)
    context.models.append(model_id)
    return (model_id,)


def unload(rt: Runtime, model_id: int) -> Fault | None:
    """Forget a model; runs already queued go on."""
    model = rt.models.pop(model_id, None)
    if model is None:
        return Fault.INVALID_MODEL
    model.life.advance("unload", rt.kernel.now, rt.trace)
    return None


def destroy_dataset(rt: Runtime, handle: int, dataset: Dataset) -> None:
    """Forget a data set; its buffers stay. While a run of it is queued that is a finding.

    The vendor's code has copied the addresses by then; its pages ask to keep the data set all the same.
    """
    stream = dataset.busy_on
    if stream is not None:
        text = (
            f"a dataset was destroyed while a run of it is queued on {stream.label}: destroy it after the stream "
            "is synchronised, or in a callback launched behind the run"
        )
        rt.note("dataset-destroyed-in-use", text, "0.2")
    rt.handles.remove(handle)


def execute_async(
    rt: Runtime, me: Caller, model: Model, stream: Stream, touches: Touches | None = None
) -> object:
    """Queue one run of a *model* that needs no data sets; *touches* is what a trace says of them all the same."""
    if stream.context.stop_code:
        return stream.context.stop_code
    if stream.sender is not None or len(stream.queue) >= stream.depth:
        return submit(rt, me, stream, partial(next_run, rt, model), "execute", touches=touches)
    run = model.healthy_run
    if run is None or run.duration > rt.limits.execute_ns:
        run = next_run(rt, model)[0]
    return put_one(rt, me, stream, run, "execute", None, touches)


def next_run(rt: Runtime, model: Model, effect: Work | None = None) -> tuple[ExecuteTask]:
    """Return the task of the next run; one that takes longer than operators may fails when its time is up (i3)."""
    (task,) = model.next_run(effect)
    return (limited(rt, task),)


def limited(rt: Runtime, task: ExecuteTask) -> ExecuteTask:
    """Return *task*, or what comes of it where it takes longer than operators may (rule i3)."""
    limit = rt.limits.execute_ns
    if task.duration <= limit:
        return task
    return FailingTask(task.name, limit, task.cores, task.engine, rt.code_of(Fault.AICORE_TIMEOUT))


def execute(rt: Runtime, me: Caller, model: Model, effect: Work | None = None) -> object:
    """Run *model* and wait for it, on a stream of its own that nobody else sees."""
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    device = context.device
    if device.refuses or context.stop_code:
        return device.refuses or context.stop_code
    stream = Stream(context, -1, f"{me.thread.name} runs {model.spec.name}")
    stream.trace = None  # not one of the program's streams
    device.private.append(stream)
    stream.submit(next_run(rt, model, effect)[0])
    wait = stream.wait_settled("execute", stream.submitted)

    def finish(outcome: Outcome) -> object:
        device.private.remove(stream)
        if outcome is CANCELLED:
            return stream.refused
        tell_failures(rt, (stream,))
        return device.lost or stream.take_error() or None

    wait.then = finish
    return wait
