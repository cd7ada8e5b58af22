"""Programs out of any rows of the table: arguments for every parameter, threads that call what they are told."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from acl_api.bind import by_name
from acl_api.table.row import Param, Ref, Row
from acl_api.units import BOUNDS
from simulator.engine.wait import Outcome, Wait
from tests.conformance.machine import MS, Machine
from tests.properties.lives import KINDS, Oracle

FORGED: Final = 0xDEAD_BEEF
NOWHERE: Final = 0x10
# What a failing model leaves on its stream, or, in stop mode, on all of its context (rules e13, e19).
FAILS_WITH: Final = 507015
_SIZES: Final = (0, 1, 8, 64, 64, 4096, 1 << 40, (1 << 64) - 1)
_SMALL: Final = (0, 0, 1, 1, 2, 3, 7, 9, -1, 16, 99, 1 << 31)
_TIMEOUTS: Final = (1, 1, 5, 5, 1000, 0, -2, -1)
_PATHS: Final = ("model1.om", "model2.om", "nowhere.om", "")
_OBJECTS: Final[tuple[object, ...]] = (
    None,
    [1, 2],
    [],
    [0],
    b"abcdefgh",
    (2,),
    (),
    {},
    {"dimCount": 1, "dims": [1]},
    5,
    "text",
)


def nothing(*_arguments: object) -> None:
    """Stands for every function that a program hands over."""


class Arguments:
    """What the parameters of a call may be given, right and wrong, at this moment of a run."""

    def __init__(self, oracle: Oracle, pointers: list[int], idents: list[int]) -> None:
        self._oracle = oracle
        self._pointers = pointers
        self._idents = idents

    def of(self, param: Param) -> Sequence[object]:
        """Return the values to choose from; those that come more often are more likely."""
        choices = self._of(param)
        if param.unit in BOUNDS:
            smallest, largest = BOUNDS[param.unit]
            return [value for value in choices if isinstance(value, int) and smallest <= value <= largest]
        return choices

    def _of(self, param: Param) -> Sequence[object]:
        if param.refers in KINDS:
            live = self._oracle.alive(param.refers)
            others = [handle for kind in KINDS for handle in self._oracle.alive(kind)[:1]]
            # Dear mistakes are rare: most calls are to reach what is behind the first check.
            wrong = [*self._oracle.dead()[:2], *others[:1], FORGED, *(handle + 1 for handle in live[:1])]
            return [*live, *live, *live, *live, 0, *wrong]
        if param.refers is Ref.MEMORY:
            return [*self._pointers[-4:] * 3, *(pointer + 8 for pointer in self._pointers[-1:]), 0, NOWHERE]
        plain: dict[Ref, Sequence[object]] = {
            Ref.FUNCTION: (nothing,),
            Ref.THREAD: (*self._idents, 12345),
            Ref.PATH: _PATHS,
            Ref.TIMEOUT_MS: _TIMEOUTS,
            Ref.MODEL: (1, 1, 2, 3, 99),
            Ref.HANDLE: (0, FORGED, *self._oracle.dead()[:1]),
        }
        if param.refers in plain:
            return plain[param.refers]
        by_unit: dict[str, Sequence[object]] = {
            "s": ("x", "model1.om", "", "a" * 300),
            "f": (0.0, 1.5),
            "d": (0.0, 1.5),
            "O": (*_OBJECTS, np.zeros(4, "int8"), np.zeros((2, 2), "int64").T),
            "k": _SIZES,
            "K": _SIZES,
        }
        return by_unit.get(param.unit, _SMALL)


class Worker:
    """A host thread that does what it is told, one thing after another."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.name = name
        self.machine = machine
        self.error: BaseException | None = None
        self._job: Callable[[], object] | None = None
        self._idle = Wait("idle")
        self._done = Wait("job")
        self.thread = machine.session.host.thread(name, daemon=True)
        machine.session.host.start(self.thread, self._loop)

    def __repr__(self) -> str:
        return f"<worker {self.name} {'busy' if self.busy else 'idle'}>"

    @property
    def busy(self) -> bool:
        """Whether the last job is still waiting for something."""
        return self._job is not None

    def do(self, job: Callable[[], object], patience: int = 20 * MS) -> bool:
        """Let it do *job*; False when that is not over after so many ns."""
        host = self.machine.session.host
        self._job, self._done = job, Wait("job", timeout=patience)
        self._idle.fire()
        done = host.wait(self._done) is not Outcome.EXPIRED
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return done

    def _loop(self) -> None:
        host = self.machine.session.host
        while True:
            if self._job is None:
                self._idle = Wait("idle")
                host.wait(self._idle)
            job = self._job
            if job is not None:
                try:
                    job()
                except Exception as error:  # noqa: BLE001 - told by whoever asked for the job
                    self.error = error
                self._job = None
                self._done.fire()


# Without an object among its parameters a row returns codes, but for these.
RAISES: Final = ("stop_thread", "get_group_info_detail", "ptr_to_bytes")
BY_THE_BINDING: Final = (TypeError, ValueError, RuntimeError, SystemError)


def may_raise(row: Row, error: Exception) -> bool:
    """Whether the binding has a reason to raise *error*: arguments that are objects, and a line that raises."""
    objects = any(
        param.reads is not None or (param.unit == "O" and param.refers is not Ref.FUNCTION)
        for param in row.params
    )
    return (objects or row.op in RAISES) and isinstance(error, BY_THE_BINDING) and on_purpose(error)


def on_purpose(error: BaseException) -> bool:
    """Whether a line of ours says `raise`; what Python or numpy says of a mistake inside is a bug."""
    origin = traceback.extract_tb(error.__traceback__)[-1]
    return "acl_api" in origin.filename and (origin.line or "").startswith("raise ")


def call(row: Row, values: tuple[object, ...]) -> Any:
    """Call a row as a program would; its warnings are no matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return by_name(row.name)(*values)
