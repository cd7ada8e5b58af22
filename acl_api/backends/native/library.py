"""libascendcl.so, opened: its functions by their C names, each with the number types of its prototype.

Pointers and handles are numbers here, as they are in the binding; only what a call writes through has a pointer's
type. That is the same machine code as with the vendor's headers, and no value has to be cast for a call.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from acl_api.cabi.ctypes import scalar_of
from acl_api.cabi.passing import OUTPUTS, How
from acl_api.errors import MissingSymbolError
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from acl_api.cabi.passing import Passed, Plan

# A C char is a text to cffi; as a number it is one of 8 bits.
_SPELLED: Final = {"char": "int8_t", "bool": "_Bool"}
_BYTES: Final = frozenset(
    {
        *(How.OUTPUT_RECORD, How.OUTPUT_RECORDS, How.OUTPUT_LIST, How.OUTPUT_TEXT),
        *(How.RECORD, How.RECORDS, How.POINTED, How.OPTION, How.TEXTS, How.LISTS),
    }
)


class NativeLibrary:
    """One opened library. Raises UserError when it cannot be loaded, or cffi is not installed."""

    def __init__(self, path: Path) -> None:
        try:
            from cffi import FFI
        except ImportError:
            raise UserError(
                "the backend 'ascend' needs cffi: install it with the extra cabi (pip install 'aclsim[cabi]')"
            ) from None
        self.path = path
        self.ffi: Any = FFI()
        try:
            # Its own names first: a process may hold another library with some of them.
            self._opened = self.ffi.dlopen(str(path), os.RTLD_NOW | os.RTLD_LOCAL)
        except OSError as error:
            raise UserError(
                f"{path} cannot be loaded: {error}; source the vendor's set_env.sh first"
            ) from None
        self._declared: set[str] = set()

    def __repr__(self) -> str:
        return f"<library {self.path}>"

    def function(self, plan: Plan) -> Any:  # noqa: ANN401 - cffi's objects have no types
        """Return the C function of *plan*; MissingSymbolError when this library has none of that name."""
        name = plan.function.name
        if name not in self._declared:
            self.ffi.cdef(declaration(plan))
            self._declared.add(name)
        try:
            return getattr(self._opened, name)
        except AttributeError:
            raise MissingSymbolError(
                f"{plan.row.name}: {self.path} has no function {name}; the library is older or made for another "
                "product",
                name=name,
            ) from None


def declaration(plan: Plan) -> str:
    """Return the prototype of the plan's function in numbers, and pointers to what it writes."""
    given = ", ".join(_declared(each) for each in plan.passed) or "void"
    if plan.function.variadic:
        given += ", ..."
    returned = plan.function.returns
    kind = (
        "void"
        if returned == "void"
        else "const char *"
        if returned == "const char *"
        else number_type(returned)
    )
    return f"{kind} {plan.function.name}({given});"


def number_type(ctype: str) -> str:
    """Return how cffi calls the number that values of *ctype* are."""
    scalar = scalar_of(ctype)
    return _SPELLED.get(scalar, scalar)


def _declared(each: Passed) -> str:
    if each.how in _BYTES or (each.how is How.LIST and "[" in each.ctype):
        return "void *"
    if each.how is How.TEXT:
        return "const char *"
    if each.how is How.OUTPUT_LENT:
        return "uintptr_t *"
    if (
        each.how in {How.LIST, How.COUNTS}
        or each.how in OUTPUTS - {How.RESERVED}
        or each.how is How.OUTPUT_COUNT
    ):
        return f"{number_type(each.ctype)} *"
    return number_type(each.param.ctype)
