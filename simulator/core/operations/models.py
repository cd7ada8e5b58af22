"""Models and datasets: load, run, and the containers that programs must hand over."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.core.models import Model
from simulator.core.operations.submit import put, submit
from simulator.core.streams import Stream

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime


class DataBuffer:
    """An address and a size, as aclDataBuffer."""

    __slots__ = ("address", "size")

    def __init__(self, address: int, size: int) -> None:
        self.address = address
        self.size = size

    def __repr__(self) -> str:
        return f"<data buffer of {self.size} bytes>"


class Dataset:
    """A list of data buffers, as aclmdlDataset."""

    __slots__ = ("buffers",)

    def __init__(self) -> None:
        self.buffers: list[DataBuffer] = []

    def __repr__(self) -> str:
        return f"<dataset of {len(self.buffers)} buffers>"


def load_from_file(rt: Runtime, me: Caller, path: str) -> tuple[int] | Fault:
    """Load the model that was declared under the file's name: (model id,), or MODEL_PATH."""
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    spec = rt.specs.get(PurePath(path).name.removesuffix(".om"))
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


def execute_async(rt: Runtime, me: Caller, model: Model, stream: Stream) -> object:
    """Queue one run of *model*."""
    if stream.context.stop_code:
        return stream.context.stop_code
    if stream.sender is not None or len(stream.queue) >= stream.depth:
        return submit(rt, me, stream, model.next_run, "execute")
    return put(rt, me, stream, model.healthy_run or model.next_run(), "execute")


def execute(me: Caller, model: Model) -> object:
    """Run *model* and wait for it, on a stream of its own that nobody else sees."""
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    if context.stop_code:
        return context.stop_code
    stream = Stream(context, -1, f"{me.thread.name} runs {model.spec.name}")
    stream.trace = None  # not one of the program's streams
    stream.submit(model.next_run()[0])
    wait = stream.wait_settled("execute", stream.submitted)
    wait.then = lambda _: stream.take_error() or None
    return wait
