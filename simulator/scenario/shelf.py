"""Models that steps name without loading them: loaded at first use, with data sets of the declared shapes.

`execute_async: {model: resnet50, stream: s}` says what matters in a scenario about order; the calls that a
program needs before it (load, allocate, make data sets) go through the same public API, on the thread that
needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from simulator.base.errors import InternalError
from simulator.engine.hosts.thread import HostThread
from simulator.scenario.model import ModelDef, TensorDef
from simulator.scenario.problems import Position
from simulator.scenario.program import GivesUp, Program, told
from simulator.scenario.references import every_step
from simulator.scenario.steps import CallStep

_HUGE_FIRST = 0


class ModelShelf:
    """Loads and makes what is missing, once per run and device: a model belongs to the device it was loaded on."""

    def __init__(self, program: Program) -> None:
        self._program = program
        # Names that load_from_file steps give, and the declared models they load.
        self._loaded_as: dict[str, str] = {}
        for _, step in every_step(program.loaded.scenario):
            if isinstance(step, CallStep) and step.operation.step == "load_from_file" and step.binds:
                path = step.argument("model_path")
                self._loaded_as[step.binds[0]] = PurePath(str(path)).name.removesuffix(".om")

    def __repr__(self) -> str:
        return f"<shelf of {len(self._program.loaded.scenario.models)} models>"

    def context_changed(self, thread: HostThread) -> None:
        """Ask again on which device *thread* works: it has set another context."""
        self._program.devices.pop(thread, None)

    def model(self, name: str, at: Position) -> Callable[[], object]:
        """Return what gives the id of *name*: what a step loaded under it, else the declared model."""
        program = self._program

        def find() -> object:
            if name in program.names or name not in program.loaded.scenario.models:
                return program.lookup("model", name, at)
            key = (name, self._current_device(at))
            if key not in program.models:
                loaded, code = program.provide("load_from_file", program.stage.model_path(f"{name}.om"))
                program.models[key] = self._made(loaded, code, f"model '{name}' cannot be loaded", at)
            return program.models[key]

        return find

    def dataset(self, step: CallStep, direction: str, at: Position) -> Callable[[], object]:
        """Return what gives a data set for the inputs or outputs of the model that *step* executes."""
        value = step.argument("model")
        name = self._loaded_as.get(value, value) if isinstance(value, str) else ""
        definition = self._program.loaded.scenario.models.get(name)

        def find() -> object:
            key = (name, direction, self._current_device(at))
            datasets = self._program.datasets
            if key not in datasets:
                datasets[key] = self._fill(definition, direction, at)
            return datasets[key]

        return find

    def _fill(self, definition: ModelDef | None, direction: str, at: Position) -> int:
        tensors: tuple[TensorDef, ...] = ()
        if definition is not None:
            tensors = definition.inputs if direction == "input" else definition.outputs
        call = self._program.provide
        (dataset,) = call("create_dataset")
        if not isinstance(dataset, int):
            raise InternalError(f"create_dataset gave {dataset!r}")
        self._program.stage.implies(dataset)
        for tensor in tensors:
            address, code = call("malloc", tensor.size, _HUGE_FIRST)
            start = self._made(address, code, f"no memory for the model's {direction}", at)
            (buffer,) = call("create_data_buffer", start, tensor.size)
            _, code = call("add_dataset_buffer", dataset, buffer)
            self._made(0, code, f"the model's {direction} cannot be put together", at)
        return dataset

    def _current_device(self, at: Position) -> int:
        thread = self._program.host.current()
        devices = self._program.devices
        if thread not in devices:
            device, code = self._program.call("get_device")
            devices[thread] = self._made(device, code, "no device is set on this thread", at)
        return devices[thread]

    def _made(self, value: object, code: object, trouble: str, at: Position) -> int:
        if isinstance(value, int) and code == 0:
            return value
        seen = told(code) if isinstance(code, int) else repr(code)
        self._program.fail(at, "model", f"{trouble}: {seen}", "add a set_device step before this one")
        raise GivesUp
