"""The native backend: every row that the surface models in full, carried out by the real libascendcl.

cffi drops the interpreter lock in every call, which the vendor's binding does not; where that matters and the
vendor's module is installed, `vendor.py` is the faithful way.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from acl_api.arguments import ABSENT, parser
from acl_api.backends.native.calls import native_call
from acl_api.backends.native.held import HeldFunctions
from acl_api.backends.native.library import NativeLibrary
from acl_api.backends.native.own import OwnFunctions
from acl_api.cabi.declarations import callbacks
from acl_api.cabi.passing import How, Plan, plan_of
from acl_api.errors import MissingSymbolError, NotCallableError
from acl_api.table.row import Status

if TYPE_CHECKING:
    from acl_api.arguments import Flavour
    from acl_api.backends.protocol import Call
    from acl_api.table.row import Row


class NativeBackend:
    """Calls one libascendcl.so. Raises UserError when it cannot be loaded."""

    name = "ascend"

    def __init__(self, path: Path) -> None:
        self.library: NativeLibrary = NativeLibrary(path)
        self.held: HeldFunctions = HeldFunctions(self.library.ffi)
        self._own = OwnFunctions()

    def __repr__(self) -> str:
        return f"<native backend on {self.library.path}>"

    def bind(self, row: Row, flavour: Flavour) -> Call:
        """Return the row's function; one that this library has not says so when it is called, by an exception."""
        if row.name in self._own.calls:
            return self._bind_own(row, flavour)
        plan = plan_of(row)
        if plan is None or not is_callable(plan):
            return _raising(
                NotCallableError(
                    f"{row.name}: the native backend does not know how to call {row.c_name}; the vendor's own "
                    "module does (--via pyacl, ACLSIM_VIA=pyacl)",
                    name=row.short,
                )
            )
        try:
            run = self.library.function(plan)
        except MissingSymbolError as error:
            return _raising(error)
        return native_call(plan, flavour, run, self.library.ffi, self.held)

    def _bind_own(self, row: Row, flavour: Flavour) -> Call:
        call, parse = self._own.calls[row.name], parser(row, flavour)

        def own(*given: object) -> object:
            return call(*parse(tuple(value for value in given if value is not ABSENT)))

        return own


def is_callable(plan: Plan) -> bool:
    """Tell whether it is known how to call a function: it is modelled, and so are the functions that it takes."""
    taken = [each.ctype for each in plan.passed if each.how is How.FUNCTION]
    return plan.row.status is not Status.NOT_MODELLED and plan.complete and callbacks().keys() >= {*taken}


def _raising(error: Exception) -> Call:
    def missing(*_given: object) -> object:
        raise error

    return missing
