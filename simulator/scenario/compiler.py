"""From steps to actions: each step becomes one closure, so that a loop of a million rounds costs no memory.

Before a step acts it writes its place on the thread (`thread.site`): explanations and traces show it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from acl_api import codes
from acl_api.table.row import Ref
from simulator.base.errors import InternalError
from simulator.core.faults.runtime import ReporterDied
from simulator.engine.hosts.thread import HostThread
from simulator.scenario.model import CallbackDef
from simulator.scenario.problems import Position
from simulator.scenario.program import GivesUp, Program, UserFunction, code_number, function_of, told
from simulator.scenario.shelf import ModelShelf
from simulator.scenario.steps import (
    Bound,
    CallStep,
    ClearFlag,
    ExpectBytes,
    Fill,
    JoinThread,
    Note,
    Region,
    Repeat,
    SetFlag,
    Sleep,
    StartThread,
    StepModel,
    Until,
    WaitFlag,
)
from simulator.scenario.vocabulary import TOLERATED, Argument

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

Action: TypeAlias = Callable[[], object]
Path: TypeAlias = tuple[int | str, ...]
# Rounds of an `until` at one instant before the thread gives way: a loop of calls that return at once never
# blocks.
_ROUNDS_AT_ONCE: Final = 1000
# What names_next may name: objects that traces and explanations show.
_NAMED: Final = frozenset({"stream", "event", "notify", "context", "memory"})


class CallbackRaised(Exception):  # noqa: N818 - what the scenario's author wrote, not an error of ours
    """The exception by which a callback with `raises:` ends."""


class Compiler:
    """Compiles the threads and callbacks of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._shelf = ModelShelf(program)

    def __repr__(self) -> str:
        return f"<compiler of {self._program!r}>"

    def thread(self, name: str, steps: Sequence[StepModel]) -> Action:
        """Return the entry of the thread *name*."""
        actions = self._steps(steps, ("threads", name, "steps"), f"{name} step ")

        def entry() -> None:
            try:
                for action in actions:
                    action()
            except GivesUp:
                return

        return entry

    def callback(self, name: str, definition: CallbackDef) -> UserFunction:
        """Return the function of the callback *name*; it takes the user data."""
        path: Path = ("callbacks", name)
        actions = self._steps(definition.steps or (), (*path, "steps"), f"callback {name} step ")
        place = f"callback {name} ({self._program.loaded.at(path).short})"
        program = self._program

        def function(_data: object) -> None:
            host = program.host
            thread = host.current()
            before, thread.site = thread.site, place
            try:
                if definition.takes:
                    host.sleep(definition.takes)
                for action in actions:
                    action()
            except GivesUp:
                return
            finally:
                thread.site = before
            if definition.raises is not None:
                raise CallbackRaised(definition.raises)

        # Traces and explanations call a callback by its function's name.
        function.__name__ = function.__qualname__ = name
        return function

    def _steps(self, steps: Sequence[StepModel], path: Path, label: str) -> tuple[Action, ...]:
        actions = []
        for index, step in enumerate(steps):
            if not isinstance(step, Note):
                here = (*path, index)
                at = self._program.loaded.at(here)
                number = f"{label}{index + 1}"
                actions.append(self._step(step, here, at, number))
        return tuple(actions)

    def _step(self, step: StepModel, path: Path, at: Position, number: str) -> Action:
        site = f"{number} ({at.short})"
        match step:
            case CallStep():
                return self._call(step, at, site)
            case Repeat():
                return _repeat(step.repeat, self._steps(step.steps, (*path, "steps"), f"{number}."))
            case Until():
                return self._until(step.until, self._steps(step.steps, (*path, "steps"), f"{number}."))
            case _:
                return self._placed(site, self._control(step, at))

    def _placed(self, site: str, action: Action) -> Action:
        program = self._program

        def act() -> None:
            program.host.current().site = site
            action()

        return act

    def _control(self, step: StepModel, at: Position) -> Action:
        program = self._program
        match step:
            case SetFlag():
                raised = program.flag(step.set_flag)
                return lambda: program.stage.set_flag(raised, value=True)
            case ClearFlag():
                flag = program.flag(step.clear_flag)
                return lambda: program.stage.set_flag(flag, value=False)
            case WaitFlag():
                return self._wait_flag(step, at)
            case Sleep():
                return lambda: program.host.sleep(step.sleep)
            case StartThread():
                return lambda: program.start(step.start_thread, at)
            case JoinThread():
                return lambda: program.join(step.join_thread)
            case Fill():
                return lambda: self._fill(step, at)
            case ExpectBytes():
                return lambda: self._expect_bytes(step, at)
            case _:
                raise TypeError(f"no such step: {step!r}")

    def _until(self, name: str, actions: tuple[Action, ...]) -> Action:
        program, flag = self._program, self._program.flag(name)

        def act() -> None:
            now = program.stage.now
            rounds, since = 0, now()
            while not flag.is_set:
                program.note_seen(flag, value=False)
                for action in actions:
                    action()
                rounds += 1
                if now() != since:
                    rounds, since = 0, now()
                elif rounds >= _ROUNDS_AT_ONCE:
                    program.host.spin()
            program.note_seen(flag, value=True)

        return act

    def _wait_flag(self, step: WaitFlag, at: Position) -> Action:
        program, flag = self._program, self._program.flag(step.wait_flag)

        def act() -> None:
            if not program.stage.wait_flag(flag, step.timeout):
                program.fail(at, "wait_flag", f"the flag '{flag.name}' was not set in time")

        return act

    def _region(self, region: Region, at: Position) -> tuple[int, int]:
        """Return the address and length of a region; what the program may not touch fails the run."""
        known = self._program.memory.get(region.buffer)
        if known is None:
            message = (
                f"'{region.buffer}' is no host memory here: it is device memory, freed, or not allocated yet"
            )
            self._program.fail(at, "buffer", message, "copy device memory into a buffer first")
            raise GivesUp
        address, length = known
        size = length - region.offset if region.size is None else region.size
        if region.offset < 0 or size < 0 or region.offset + size > length:
            end = region.offset + size
            message = f"bytes {region.offset} to {end} lie outside '{region.buffer}' ({length} bytes)"
            self._program.fail(at, "buffer", message)
            raise GivesUp
        return address + region.offset, size

    def _fill(self, step: Fill, at: Position) -> None:
        address, size = self._region(step.fill, at)
        self._program.stage.touches("fill", address, size, writes=True)
        _bytes_at(address, size)[:] = step.fill.value

    def _expect_bytes(self, step: ExpectBytes, at: Position) -> None:
        wanted = step.expect_bytes
        address, size = self._region(wanted, at)
        self._program.stage.touches("expect_bytes", address, size)
        seen = _bytes_at(address, size)
        others = (seen != wanted.value).nonzero()[0]
        if others.size:
            first = int(others[0])
            place = f"byte {wanted.offset + first} of '{wanted.buffer}'"
            message = (
                f"{place} is 0x{seen[first]:02x}, expected 0x{wanted.value:02x}; "
                f"{others.size} of {size} bytes differ"
            )
            self._program.fail(at, "expect_bytes", message)

    def _call(self, step: CallStep, at: Position, site: str) -> Action:
        check = _Checks(step, at, self._program)
        if step.arguments.raises or any(code_number(code) for code in step.arguments.returns or ()):
            self._program.meant.add(site)
        function = function_of(step.operation, in_c=_passes_null_function(step))
        makers = [self._argument(step, argument, at) for argument in step.operation.arguments]
        while (
            makers
            and step.operation.arguments[len(makers) - 1].param.optional
            and _left_out(step, len(makers) - 1)
        ):
            makers.pop()
        program = self._program
        name = step.binds[0] if step.binds and step.operation.produces in _NAMED else None
        after = self._after(step)

        def act() -> None:
            thread = program.host.current()
            thread.site = site
            values = [make() for make in makers]
            thread.names_next = name
            try:
                result = function(*values)
            except (InternalError, ReporterDied):  # the latter ends the thread, as the file declares
                raise
            except Exception as error:  # noqa: BLE001 - whatever the binding raises is this step's outcome
                check.raised(error)
                return
            finally:
                thread.names_next = None
            if check.returned(result) and after is not None:
                after(thread, values, program)

        return act

    def _argument(self, step: CallStep, argument: Argument, at: Position) -> Callable[[], object]:
        value = step.argument(argument.name)
        program = self._program
        match argument.names:
            case "callback":
                return lambda: program.callbacks[value] if isinstance(value, str) else value
            case "model" if isinstance(value, str):
                return self._shelf.model(value, at)
            case "dataset" if value is None:
                return self._shelf.dataset(step, argument.name, at)
            case _ if argument.param.refers is Ref.PATH and argument.required:
                return lambda: program.stage.model_path(str(value))
            case kind if kind and isinstance(value, str):
                name = value
                return lambda: program.lookup(kind, name, at)
            case kind if isinstance(value, tuple):
                return program.lookups(kind, value, at)
            case _:
                if value is None and argument.name in {"dest_max", "max_count"}:
                    value = step.argument("count")
                return lambda: value

    def _after(self, step: CallStep) -> Callable[[HostThread, list[object], Program], None] | None:
        """Return what a successful call changes for later steps: which host memory there is, which device is
        set.
        """
        match step.operation.step:
            case "malloc_host" if step.binds:
                return lambda _, values, program: _allocated(program, step.binds[0], values[0])
            case "free_host":
                return lambda _, values, program: _freed(program, values[0])
            case "set_device" | "reset_device" | "set_context" | "create_context" | "destroy_context":
                return lambda thread, _values, _program: self._shelf.context_changed(thread)
            case _:
                return None


class _Checks:
    """What one call step expects of its outcome."""

    def __init__(self, step: CallStep, at: Position, program: Program) -> None:
        self._name = step.operation.step
        self._operation = step.operation
        self._program = program
        self._at = at
        self._binds = step.binds
        arguments = step.arguments
        self._wanted = None if arguments.returns is None else tuple(map(code_number, arguments.returns))
        self._accepted = frozenset(self._wanted or TOLERATED.get(self._name, frozenset()) | {0})
        self._gives = dict(arguments.gives or {}) if isinstance(arguments, Bound) else {}
        self._raises = arguments.raises
        # Nothing to be judged or bound in a call that has succeeded.
        self._plain = not (self._raises or self._binds or self._gives or self._operation.row.outs)
        self._plain = self._plain and 0 in self._accepted

    def raised(self, error: Exception) -> None:
        """Judge a call that raised; an exception that the file does not expect ends the thread."""
        seen = f"{type(error).__name__}: {error}"
        # The binding reports a callback's exception in this way; a careful report loop goes on (rule c8).
        from_callback = self._raises is None and isinstance(error.__cause__, CallbackRaised)
        if from_callback or self._raises == type(error).__name__:
            return
        wanted = f", expected {self._raises}" if self._raises else ""
        self._program.fail(self._at, self._name, f"the call raised {seen}{wanted}")
        raise GivesUp

    def returned(self, result: object) -> bool:
        """Judge and bind what a call returned; True when its code is 0."""
        if self._plain and result.__class__ is int and not result:
            return True
        outs = self._operation.row.outs
        parts = result if isinstance(result, tuple) else (result,)
        values, code = parts[: len(outs)], parts[len(outs) :]  # bare functions have no code
        number = code[0] if code and isinstance(code[0], int) else 0
        if self._raises is not None:
            self._program.fail(
                self._at, self._name, f"the call returned {told(number)}, expected {self._raises}"
            )
        elif number not in self._accepted:
            self._unexpected(number)
        if number:
            self._program.unbind(self._binds)
            return False
        self._program.bind(self._operation, self._binds, values)
        for name, wanted in self._gives.items():
            seen = values[outs.index(name)]
            if seen != wanted:
                self._program.fail(self._at, self._name, f"{name} is {seen!r}, expected {wanted!r}")
        return True

    def _unexpected(self, number: int) -> None:
        wanted = " or ".join(told(code) for code in self._wanted) if self._wanted else "0"
        info = codes.meaning(number)
        hints = (info.hint,) if info is not None and info.hint and not self._wanted else ()
        self._program.fail(
            self._at, self._name, f"the step returned {told(number)}, expected {wanted}", *hints
        )


def _repeat(count: int, actions: tuple[Action, ...]) -> Action:
    def act() -> None:
        for _ in range(count):
            for action in actions:
                action()

    return act


def _passes_null_function(step: CallStep) -> bool:
    named = [argument for argument in step.operation.arguments if argument.names == "callback"]
    return step.arguments.raises is None and any(step.argument(argument.name) is None for argument in named)


def _left_out(step: CallStep, index: int) -> bool:
    return step.argument(step.operation.arguments[index].name) is None


def _allocated(program: Program, name: str, size: object) -> None:
    address = program.names[name]
    if isinstance(address, int) and isinstance(size, int):
        program.memory[name] = (address, size)


def _freed(program: Program, address: object) -> None:
    for name in [name for name, (start, _) in program.memory.items() if start == address]:
        del program.memory[name]


def _bytes_at(address: int, size: int) -> NDArray[uint8]:
    """Return a view of *size* bytes of this process's memory, which the caller has made sure of."""
    # Imported here: only scenarios that look into memory pay for numpy.
    from numpy.ctypeslib import as_array

    return as_array((ctypes.c_ubyte * size).from_address(address))
