"""What a row of THE TABLE is: one function of the surface, declared once.

From the rows come the Python callables, the stubs, the C names, the coverage page, the steps of scenario
files, the names in traces and the parametrised tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.core.runtime import Caller

Test = Callable[["Caller", object], bool]
Lookup = Callable[["Caller", object], object]
Run = Callable[..., object]


class Ref(Enum):
    """What the value of a parameter refers to; scenario files resolve names by it."""

    NOTHING = "a number"
    STREAM = "stream"
    EVENT = "event"
    CONTEXT = "context"
    MODEL = "model"
    DATASET = "dataset"
    BUFFER = "data buffer"
    DESC = "model description"
    TENSOR = "tensor description"
    NOTIFY = "notify"
    HANDLE = "another handle"
    MEMORY = "memory"
    THREAD = "thread"
    FUNCTION = "function"
    ANY = "any object"
    PATH = "path"
    TIMEOUT_MS = "timeout in ms"


class Kind(Enum):
    """When a call returns: at once, after queueing a task, or possibly after a wait."""

    IMMEDIATE = "immediate"
    ENQUEUE = "enqueue"
    BLOCKING = "blocking"


class Status(Enum):
    """How far the model goes for a function."""

    FULL = "full"
    PARTIAL = "partial"
    NOT_MODELLED = "not modelled"


class _Missing:
    """The answer of a lookup that found nothing."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
# The "rule" of the check that a declared fault stands for.
FAULT: Final = "fault"
# As `Row.misfit`: the binding leaves what CPython says of an argument that does not fit.
CPYTHON: Final = "CPython's"
# Short names that several modules have, and the module whose function keeps it in traces and scenario steps.
_KEPT_BY: Final = {
    **dict.fromkeys(("init", "finalize", "get_device_capability"), "acl"),
    **dict.fromkeys(("execute", "execute_v2"), "acl.mdl"),
    **dict.fromkeys(("dvpp_malloc", "dvpp_free", "venc_send_frame"), "acl.media"),
}


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter, in order. `unit` is CPython's format unit: it decides what a wrong argument does.

    What is not `passed` on to the operation is there for the checks only. Where an object must be of some kind,
    a list of ints for instance, or the binding asks more of a number than its unit does, `reads` turns it into what
    the checks and the operation get, or raises the binding's exception, after all units have been converted;
    `annotation` is then the type of an object in the stubs.
    """

    name: str
    unit: str
    refers: Ref = Ref.NOTHING
    optional: bool = False
    passed: bool = True
    reads: Callable[[object], object] | None = None
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check in the order the real runtime makes them: when `test` is true, the call returns `code`.

    `on` names the parameters the test looks at: none gives it None, one gives it the value, several a tuple.
    A `lookup` instead replaces the value of its parameter, by the object behind a handle for instance, and
    fails with MISSING. `code` 0 is an early success.

    `quick` is for rows that are called by the million: a Python expression over the parameters' names, `me`, `rt`
    and `live` (handle to object), written out in the compiled row. True says that the check passes for certain,
    and a lookup's binds `found`; otherwise test or lookup is asked. `knows` are the types that it names. A
    check that is about a null pointer or handle has its parameter in `null`, too: it says nothing about functions,
    about other numbers than 0, and about what another check has looked up.

    Where even the code is not known, `option` names the `RuntimeOptions` that has it.
    """

    rule: str
    code: int
    says: str
    on: tuple[str, ...] = ()
    test: Test | None = None
    lookup: Lookup | None = None
    quick: str = ""
    knows: tuple[type[object], ...] = ()
    null: str = ""
    option: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One function of the surface.

    `outs` names the outputs before the code, and `failed` their values when the call fails (a handle is then
    0, never None). `bare` functions return their one output without a code. `run` gets the runtime, the
    caller and the checked values, and returns what the operations of the core return.

    `misfit` is the text of the TypeError for arguments that do not fit, where it is not the usual one; it may
    hold `{given}`, their number, and `{name}`, the function's; or it is `CPYTHON`. Outputs of functions that are not
    `traced` (addresses, thread ids, contents) differ from process to process and stay out of traces. Functions that
    are `again` one of the C library have a second name in the binding only. `soc` says what differs from product to
    product.
    """

    name: str
    c_name: str
    run: Run
    params: tuple[Param, ...] = ()
    checks: tuple[Check, ...] = ()
    outs: tuple[str, ...] = ()
    failed: tuple[object, ...] = ()
    echo: str = ""
    bare: bool = False
    kind: Kind = Kind.IMMEDIATE
    keeps_gil: bool = True
    status: Status = Status.FULL
    says: str = ""
    source: str = ""
    errors: Sequence[int] = ()
    misfit: str = ""
    traced: bool = True
    again: bool = False
    soc: str = ""

    @property
    def in_c(self) -> bool:
        """Whether the vendor's C library has it: acl.util is the binding's own."""
        return self.c_name.startswith("acl") and not self.again

    @property
    def short(self) -> str:
        """Its name in its module."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def op(self) -> str:
        """The short name that traces and scenario steps use; where several modules have it, "op_execute" is one."""
        return _op(self.name, self.c_name)

    @property
    def family(self) -> str:
        """The module that has it: "acl", "acl.rt", "acl.mdl", or "c" when pyACL has no such function."""
        return "c" if self.name == self.c_name else self.name.rsplit(".", 1)[0]

    @property
    def codes(self) -> tuple[int, ...]:
        """Every aclError the call is modelled to return, in the order of its checks, then the operation's own."""
        return tuple(dict.fromkeys([check.code for check in self.checks if check.code] + list(self.errors)))

    def __repr__(self) -> str:
        return f"<row {self.name}>"


@cache  # every run asks for it when it binds a function
def _op(name: str, c_name: str) -> str:
    if name == c_name:  # not in pyACL
        words = c_name.removeprefix("aclrt")
        return "".join("_" + char.lower() if char.isupper() else char for char in words).lstrip("_")
    family, _, short = name.rpartition(".")
    if _KEPT_BY.get(short, family) == family and family != "acl.prof":
        return short
    return f"{family.rpartition('.')[2]}_{short}"
