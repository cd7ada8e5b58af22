"""What libascendcl.so does once Python is there: a session of its own, and its functions by number.

It has nothing to do with the session behind `import acl_api`, and may share the interpreter with one. Environment
variables choose the machine as they do there (`acl_api.settings`); the host is always made of the program's threads.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from traceback import print_exc
from typing import Any, Final, cast

from acl_api import codes
from acl_api.arguments import Flavour
from acl_api.cabi.engine import Engine, text_of
from acl_api.cabi.functions import ProgramFunction
from acl_api.cabi.gate import EngineGate
from acl_api.cabi.memory import Ffi, Memory
from acl_api.cabi.passing import Plan, plan_of
from acl_api.cabi.places import Places
from acl_api.cabi.serving import Serve, Serving
from acl_api.diagnosis import take_message
from acl_api.log import Log
from acl_api.session import Session, keep_log, session_of
from acl_api.settings import Settings
from acl_api.table import ROWS, SURFACE, by_op
from simulator.base.errors import UserError
from simulator.core.runtime import Caller
from simulator.engine.hosts.free_foreign import ForeignHost
from simulator.engine.hosts.free_patience import StallOptions
from simulator.engine.hosts.thread import HostThread

_INTERNAL: Final = 500000  # ACL_ERROR_INTERNAL_ERROR
_MOST_ENDED: Final = 64
# The operations that texts may name: those of one word ("free", "init") are words of the language, too.
_NAME: Final = re.compile(r"\bacl(?:\.\w+)+|\b[a-z0-9]+(?:_[a-z0-9]+)+\b")


class _CLog(Log):
    """Tells why calls failed with the names that a C program knows them by."""

    def __call__(self, key: object, text: str, *more: Any, **named: Any) -> None:  # noqa: ANN401 - passed on
        """Print an error of ours, unless one with that *key* was printed before."""
        super().__call__(key, in_c_words(text), *more, **named)


class _Compiled(dict[int, Serve]):
    """Functions by number, compiled when first called."""

    def __init__(self, compile_one: Callable[[int], Serve]) -> None:
        super().__init__()
        self._compile = compile_one

    def __missing__(self, number: int) -> Serve:
        self[number] = compiled = self._compile(number)
        return compiled


class Library:
    """One process's library, as *settings* ask for it: made at its first call, and never again.

    Raises UserError for what cannot be used.
    """

    def __init__(self, ffi: Ffi, engine: Engine, settings: Settings) -> None:
        self._ffi = ffi
        self._engine = engine
        self._departures = engine.aclsim_departures()
        host = partial(
            ForeignHost,
            gate=EngineGate(engine),
            ended=self._take_ended,
            speed=settings.speed,
            stall=StallOptions(settings.stall_after, settings.stall_aborts),
        )
        self.session: Session = session_of(settings, host, trace=bool(settings.trace))
        self._host = cast("ForeignHost", self.session.host)
        self._held, self._come_in, self._go_out = self._host.held, self._host.come_in, self._host.go_out
        self._log = keep_log(self.session, settings, _CLog)
        error_of = self._host.error_of
        self._host.error_of = lambda stuck: RuntimeError(in_c_words(str(error_of(stuck))))
        self._serving = Serving(Memory(ffi), self._function, self._lasting)
        self._plans = _plans()
        self._places = Places(ffi, engine)
        self._functions: dict[tuple[str, int], ProgramFunction] = {}
        # Texts that C holds on to, by their content; and the last message of each thread.
        self._texts: dict[str, Any] = {}
        self._messages: dict[HostThread, Any] = {}
        # The functions by number, each compiled at its first call; and calls that came in the middle of others.
        self.calls: dict[int, Serve] = _Compiled(self._compile)
        self._later: list[tuple[int, Any, int]] = []

    def __repr__(self) -> str:
        return f"<library with {self.session!r}>"

    def call(self, number: int, cells: Any, site: int) -> int:  # noqa: ANN401 - cffi's objects have no types
        """Carry out one call; the cell of its result.

        What the user has to mend, such as a side file, is told, as is a bug of ours: both become 500000.
        """
        if self._held.owner:  # a finalizer of a Python program that shares the interpreter
            return self._put_off(number, cells, site)
        result = self._carry_out(number, cells, site)
        while self._later:
            self._carry_out(*self._later.pop(0))
        return result

    def _carry_out(self, number: int, cells: Any, site: int) -> int:  # noqa: ANN401 - same
        try:
            self._come_in().site = self._places[site]
            return self.calls[number](cells)
        except UserError as error:
            sys.stderr.write(f"aclsim: {in_c_words(str(error))}\n")
            return _INTERNAL
        except Exception:  # noqa: BLE001 - no exception can go into C
            sys.stderr.write("aclsim: internal error: this is a bug of aclsim, not of your program\n")
            print_exc()
            return _INTERNAL
        finally:
            self._go_out()

    def _put_off(self, number: int, cells: Any, site: int) -> int:  # noqa: ANN401 - same
        """Keep a call that came in the middle of another one for its end; it is taken for a success."""
        count = len(self._plans[self._name(number)].function.params)
        kept = self._ffi.new("int64_t[]", [cells[at] for at in range(count)] or [0])
        self._later.append((number, kept, site))
        return 0

    def _name(self, number: int) -> str:
        return text_of(self._ffi, self._engine.aclsim_name(number))

    def _compile(self, number: int) -> Serve:
        name = self._name(number)
        plan = self._plans[name]
        call = self.session.backend.bind(plan.row, Flavour.C)
        if name == "aclGetRecentErrMsg":
            return self._recent_message
        return self._serving.serve(plan, call, partial(self._null, plan))

    def _recent_message(self, _cells: object) -> int:
        """Return the last message of the calling thread; it stays where it is until the thread asks again."""
        me: Caller = self.session.runtime.caller()
        text = take_message(me)
        if text is None:
            return 0
        kept = self._messages[me.thread] = self._ffi.new("char[]", in_c_words(text).encode())
        return self._address(kept)

    def _null(self, plan: Plan, name: str) -> int:
        """Refuse a NULL where the call would write (rule 0.2)."""
        code = codes.ACL_ERROR_INVALID_PARAM
        where = self._host.current().site
        function = plan.function.name
        text = f"{function} returned {code} ({codes.name_of(code)}) at {where}: {name} is NULL, and is written to."
        self.session.runtime.caller().failure = text.__str__
        self._log((function, name, where), text)
        return code

    # -- what C has and Python has not ---------------------------------------------------------------------------

    def _function(self, ctype: str, address: int) -> ProgramFunction | None:
        if not address:
            return None
        known = self._functions.get((ctype, address))
        if known is None:
            invoke = self._engine.aclsim_invoke
            known = ProgramFunction(ctype, address, self._places.function(address), invoke, self._host)
            self._functions[ctype, address] = known
        return known

    def _lasting(self, text: str) -> int:
        if text not in self._texts:
            self._texts[text] = self._ffi.new("char[]", text.encode())
        return self._address(self._texts[text])

    def _address(self, pointer: Any) -> int:  # noqa: ANN401 - same
        return int(self._ffi.cast("uintptr_t", pointer))

    def _take_ended(self) -> list[int]:
        ended: list[int] = []
        while self._departures[0]:
            ids = self._ffi.new("uint64_t[]", _MOST_ENDED)
            ended.extend(ids[at] for at in range(self._engine.aclsim_departed(ids, _MOST_ENDED)))
        for thread in [each for each in self._messages if each.ended] if ended else ():
            del self._messages[thread]
        return ended


def in_c_words(text: str) -> str:
    """Return *text* with the C names of the functions that it names."""

    def name(found: re.Match[str]) -> str:
        word = found[0]
        row = SURFACE.get(word) or by_op().get(word)
        return row.c_name if row is not None and row.in_c else word

    return _NAME.sub(name, text)


def _plans() -> dict[str, Plan]:
    """Return the plans by C name; where the binding has several functions for one of C, the first."""
    plans: dict[str, Plan] = {}
    for row in ROWS.values():
        plan = plan_of(row) if row.in_c else None
        if plan is not None:
            plans.setdefault(plan.function.name, plan)
    return plans
