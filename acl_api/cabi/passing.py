"""How the arguments of a C function and those of its row stand for each other: one plan, read in both directions.

The C library reads its plan from the left: it turns C arguments into the row's parameters, and writes the row's
outputs through pointers. The native backend reads the same plan from the right. A plan is derived from the prototype
and the row; what cannot be seen there stands in `exceptions.py`. Nothing depends on how a row is implemented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from acl_api.cabi.ctypes import is_complete, is_number, scalar_of
from acl_api.cabi.declarations import CFunction, CParam, functions, records
from acl_api.cabi.exceptions import CONSTANTS, EXCEPTIONS, NULLABLE
from acl_api.cabi.spelling import is_function
from acl_api.table.row import Ref

if TYPE_CHECKING:
    from acl_api.table.row import Param, Row


class How(Enum):
    """What one C parameter is to the row."""

    VALUE = "a number, address or handle, as it is"
    TEXT = "characters up to NUL: a str, None for NULL"
    FUNCTION = "a function of the program's"
    DATA = "what the function is called with: an address in C, any object in Python"
    LIST = "the address of numbers: a list"
    TEXTS = "the address of addresses of characters: a list of str"
    LISTS = "the address of addresses of numbers: a list of lists"
    RECORDS = "the address of structs: a list of dicts"
    COUNT = "how many there are, or how long the text is: not a parameter of the row"
    COUNTS = "the address of how many there are in each list: not a parameter of the row"
    RECORD = "the address of a struct: a dict"
    POINTED = "the address of a number: the number"
    OPTION = "the address of a value whose kind the row's parameter `attr` tells (`model_config.unit_of`)"
    OUTPUT = "the address of a number that the call writes"
    OUTPUT_RECORD = "the address of a struct that the call writes: a dict"
    OUTPUT_RECORDS = "the address of structs that the call writes: a list of dicts"
    OUTPUT_LIST = "the address of numbers that the call writes: a list; `beside` counts bytes"
    OUTPUT_LENT = "the address of where the call writes the address of numbers of its own: a list"
    OUTPUT_TEXT = "the address of characters that the call writes: a str"
    OUTPUT_COUNT = "the address of how many the call has written: the length of the list"
    RESERVED = "NULL, which the library insists on: an output that is never written"
    UNUSED = "nothing: NULL or 0"


OUTPUTS: Final = frozenset(
    {
        *(How.OUTPUT, How.OUTPUT_RECORD, How.OUTPUT_RECORDS, How.OUTPUT_LIST),
        *(How.OUTPUT_LENT, How.OUTPUT_TEXT, How.RESERVED),
    }
)
# What is made of one parameter of the row.
GIVEN: Final = frozenset(How) - OUTPUTS - {How.COUNT, How.COUNTS, How.OUTPUT_COUNT, How.UNUSED}


_MANY: Final = frozenset({How.LIST, How.TEXTS, How.LISTS, How.RECORDS})


class Returns(Enum):
    """What the C function returns."""

    CODE = "an aclError"
    VALUE = "the row's one output, a number or address"
    TEXT = "the row's one output, characters up to NUL"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Passed:
    """One C parameter: `at` is the index of the row's parameter or output that it stands for.

    `ctype` is the type of the number, of one element, or of the struct. `beside` is the index of the C parameter
    that bounds it: how many elements, or bytes of room; for a COUNT, the one that it counts. A pointer that may be
    NULL is `nullable`.
    """

    param: CParam
    how: How
    at: int = -1
    ctype: str = ""
    beside: int = -1
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How one C function and its row stand for each other."""

    function: CFunction
    row: Row
    passed: tuple[Passed, ...]
    returns: Returns

    @property
    def complete(self) -> bool:
        """Whether every parameter and output of the row has its place in C."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """The row's parameters and outputs without a place in C."""
        given = {each.at for each in self.passed if each.how in GIVEN} | set(self.constants)
        written = {each.at for each in self.passed if each.how in OUTPUTS}
        if self.returns in (Returns.VALUE, Returns.TEXT):
            written.add(0)
        if self.returns is Returns.NOTHING and self.row.bare:
            written.add(0)
        written |= set(self.echoes)
        absent = [param.name for at, param in enumerate(self.row.params) if at not in given]
        return (*absent, *(out for at, out in enumerate(self.row.outs) if at not in written))

    @property
    def constants(self) -> dict[int, object]:
        """The row's parameters that are not passed in C, by index, and what they are."""
        told = CONSTANTS.get(self.function.name, {})
        return {at: told[param.name] for at, param in enumerate(self.row.params) if param.name in told}

    @property
    def echoes(self) -> dict[int, int]:
        """The outputs that only give a parameter back, by index, and the index of that parameter."""
        names = [param.name for param in self.row.params]
        written = {each.at for each in self.passed if each.how in OUTPUTS}
        return {
            at: names.index(out)
            for at, out in enumerate(self.row.outs)
            if out in names and at not in written and not self.row.bare
        }

    def __repr__(self) -> str:
        return f"<plan of {self.function.name}{'' if self.complete else ', incomplete'}>"


def plan_of(row: Row) -> Plan | None:
    """Return the plan of a row; None when the C library has no such function."""
    function = functions().get(row.c_name)
    return (
        None
        if function is None
        else Plan(function, row, tuple(_Deriving(function, row)), _returns(function, row))
    )


def _returns(function: CFunction, row: Row) -> Returns:
    if function.returns == "void":
        return Returns.NOTHING
    if not row.bare:
        return Returns.CODE
    return Returns.TEXT if function.returns == "const char *" else Returns.VALUE


class _Deriving:
    """Goes through the C parameters of a function, taking the row's parameters and outputs in their order."""

    def __init__(self, function: CFunction, row: Row) -> None:
        self._params = function.params
        self._row = row
        self._told = EXCEPTIONS.get(function.name, {})
        self._nullable = NULLABLE.get(function.name, ())
        bare = row.bare or function.returns == "void"
        told = {words[1] for words in map(str.split, self._told.values()) if len(words) > 1}
        echoed = {param.name for param in row.params}
        self._outs = [] if bare else [out for out in row.outs if out not in told | echoed]
        unpassed = told | set(CONSTANTS.get(function.name, {}))
        self._given = [param for param in row.params if param.name not in unpassed]
        # C parameters that may be what the row is given.
        self._left = sum(
            not self._may_be_output(param) for param in self._params if param.name not in self._told
        )

    def __iter__(self) -> Iterator[Passed]:
        made = [
            self._exception(param) if param.name in self._told else self._next(at, param)
            for at, param in enumerate(self._params)
        ]
        # What names its count is what the count is of: beside a count there may be two that could be it.
        bounded = {each.beside: at for at, each in enumerate(made) if each.how in _MANY}
        for at, each in enumerate(made):
            counts = each.how is How.COUNT and at in bounded and each.param.name not in self._told
            yield replace(each, beside=bounded[at]) if counts else each

    def _exception(self, param: CParam) -> Passed:
        """Read `HOW [name] [beside] [ctype]` of the table of exceptions."""
        how, *words = self._told[param.name].split()
        kind = How[how]
        name, bound, ctype = (*words, "-", "-", "-")[:3]
        names = self._row.outs if kind in OUTPUTS else tuple(each.name for each in self._row.params)
        at = -1 if name == "-" else names.index(name)
        beside = -1 if bound == "-" else [each.name for each in self._params].index(bound)
        if ctype == "-":
            ctype = scalar_of(param.ctype) if kind is How.VALUE else _element(param)
        return Passed(param, kind, at, ctype, beside, nullable=param.name in self._nullable)

    def _next(self, at: int, param: CParam) -> Passed:
        if self._may_be_output(param) and self._outs:
            return self._output(at, param)
        self._left -= not self._may_be_output(param)
        if not self._given:
            counted = self._counted(at) if is_number(param.ctype) else -1
            return Passed(
                param, How.UNUSED if counted < 0 else How.COUNT, ctype=scalar_of(param.ctype), beside=counted
            )
        following = self._given[0]
        spare = self._left + 1 - len(self._given)
        if spare > 0 and self._is_count(at, param, following):
            return Passed(param, How.COUNT, ctype=scalar_of(param.ctype), beside=self._counted(at))
        self._given.pop(0)
        return self._input(at, param, following)

    # -- inputs --------------------------------------------------------------------------------------------------

    def _input(self, at: int, param: CParam, given: Param) -> Passed:
        number = self._row.params.index(given)
        pointed = param.points_to
        if is_function(param.ctype):
            return Passed(param, How.FUNCTION, number, param.ctype)
        if given.unit == "s":
            return Passed(param, How.TEXT, number, "char", self._count_of(at, _LENGTH))
        if given.unit == "O" and given.refers is Ref.ANY and pointed == "void":
            return Passed(param, How.DATA, number, param.ctype)
        if given.unit == "O" and pointed is not None:
            count = self._count_of(at)
            if pointed in records():
                return Passed(
                    param, How.RECORDS if count >= 0 else How.RECORD, number, pointed, count, nullable=True
                )
            return Passed(param, How.LIST, number, pointed, count)
        return Passed(param, How.VALUE, number, scalar_of(param.ctype))

    def _is_count(self, at: int, param: CParam, following: Param) -> bool:
        """Tell whether a number tells how many there are of what stands beside it, which the row counts itself."""
        counts = is_number(param.ctype) and _COUNT.search(param.name) is not None
        return counts and not _like(param.name, following.name) and self._counted(at) >= 0

    def _counted(self, at: int) -> int:
        """Return the C parameter, behind or before, that the one at *at* counts; -1 for none."""
        for beside in (at - 1, at + 1):
            if 0 <= beside < len(self._params) and self._has_many(self._params[beside]):
                return beside
        return -1

    def _has_many(self, param: CParam) -> bool:
        return param.points_to is not None and not is_function(param.ctype)

    def _count_of(self, at: int, named: re.Pattern[str] | None = None) -> int:
        """Return the C parameter that says how many there are at the one at *at*; -1 when none does."""
        for beside in (at + 1, at - 1):
            if 0 <= beside < len(self._params):
                param = self._params[beside]
                if (
                    is_number(param.ctype)
                    and (named or _COUNT).search(param.name)
                    and not self._is_parameter(param.name)
                ):
                    return beside
        return -1

    def _is_parameter(self, name: str) -> bool:
        return any(_like(name, each.name) for each in self._row.params)

    # -- outputs -------------------------------------------------------------------------------------------------

    def _may_be_output(self, param: CParam) -> bool:
        """Tell whether the call may write through *param*: a pointer to something whose size is known."""
        pointed = param.points_to
        return param.direction != "in" and pointed is not None and is_complete(pointed)

    def _output(self, at: int, param: CParam) -> Passed:
        name = next((out for out in self._outs if _like(param.name, out)), self._outs[0])
        self._outs.remove(name)
        number, pointed = self._row.outs.index(name), param.points_to or ""
        nullable = param.name in self._nullable
        if pointed in records():
            count = self._room(at)
            how = How.OUTPUT_RECORDS if count >= 0 else How.OUTPUT_RECORD
            return Passed(param, how, number, pointed, count, nullable=nullable)
        if pointed == "char":
            return Passed(param, How.OUTPUT_TEXT, number, "char", self._room(at), nullable=nullable)
        return Passed(param, How.OUTPUT, number, scalar_of(pointed), nullable=nullable)

    def _room(self, at: int) -> int:
        """Return the C parameter that bounds what is written at the one at *at*; -1 when it is one thing."""
        for beside in (at + 1, at - 1):
            if 0 <= beside < len(self._params):
                param = self._params[beside]
                if is_number(param.ctype) and _COUNT.search(param.name):
                    return beside
        return -1


# What numbers are called that say how many, or how long.
_COUNT: Final = re.compile(r"(?i)(num|len|count|size|cnt)")
_LENGTH: Final = re.compile(r"(?i)(len|size)")


def _like(c_name: str, name: str) -> bool:
    """Tell whether a C parameter and one of the row's have the same name, but for its spelling."""
    return c_name.lower() == name.replace("_", "").lower()


def _element(param: CParam) -> str:
    pointed = param.points_to
    return scalar_of(param.ctype) if pointed is None else pointed
