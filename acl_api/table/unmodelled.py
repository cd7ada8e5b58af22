"""Rows made of surface.csv alone: functions that are there, read their arguments, and say that they do nothing.

What they return is the binding's shape, with the code that the runtime has for a call which a product lacks:
200001 from the ACL layer (aclrtSetDeviceWithoutTsdVXX is one, src/acl/aclrt_impl/device.cpp), which unlike 207000
is not remembered as the thread's last error (rule i6). acl.himpi has codes of its own: 0xA0000000, the module in
bits 16 to 23, level 4 in bits 13 to 15, and 8 for what is not supported (hi_media_common.h). A row of the table
takes the place of such a row without a change here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.objects import Kind, kinds
from acl_api.table.declared import Declared, declared
from acl_api.table.row import Param, Row, Status
from acl_api.table.structs import zeros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAYS: Final = "Not modelled: reads its arguments, does nothing, and says so once per line."

_NOT_SUPPORTED: Final = 0xA000_8008
_HIMPI_MODULES: Final = {"sys": 2, "dvpp": 2, "vdec": 5, "vpc": 7, "venc": 8, "pngd": 64, "png": 64}
# What a failed call gives where the output is no number; a structure of acl.himpi is named by its C type.
_ZEROS: Final[dict[str, object]] = {
    "None": None,
    **dict.fromkeys(("name", "op_name", "type", "key", "version"), ""),
    **{out: {} for out in ("dims", "info", "attrs", "batch", "hw", "uuid")},
    **{out: [] for out in ("infos", "values", "events")},
    **dict.fromkeys(("msg", "range"), None),
    **dict.fromkeys(("ms", "f"), 0.0),
    "data": b"",
    "array": None,
}


@cache
def unmodelled(name: str) -> Row:
    """Return the row of a function that the table lacks; raises KeyError for a name that there is not."""
    entry = declared()[name]
    returns = entry.returns.split()
    bare = "ret" not in returns
    outs = tuple(out for out in returns if out != "ret")
    code = not_supported(entry)
    return Row(
        name,
        entry.c_name,
        _refusing(code),
        params=tuple(parameters(entry)),
        outs=outs,
        failed=tuple(_zero(entry.family, out, bare=bare) for out in outs),
        bare=bare,
        keeps_gil=entry.gil == "kept",
        status=Status.NOT_MODELLED,
        says=SAYS,
        source=f"pyACL {entry.family.removeprefix('acl.')} (arguments and shape)",
        errors=(code,),
        misfit=entry.misfit,
    )


def not_supported(entry: Declared) -> int:
    """Return the code that a function has for what is not supported."""
    if entry.family != "acl.himpi":
        return codes.ACL_ERROR_API_NOT_SUPPORT
    module = entry.name.rsplit(".", 1)[1].partition("_")[0]
    return _NOT_SUPPORTED | _HIMPI_MODULES[module] << 16


def parameters(entry: Declared) -> Iterator[Param]:
    """Yield the parameters of a function, as its format string and its objects have them."""
    needed, _, optional = entry.units.partition("|")
    objects = iter(kinds(entry.objects))
    for at, (name, unit) in enumerate(zip(entry.parameters.split(), needed + optional, strict=True)):
        kind = next(objects, Kind(None, "object")) if unit == "O" else Kind(None, "")
        yield Param(name, unit, optional=at >= len(needed), reads=kind.read, annotation=kind.annotation)


def _refusing(code: int) -> Callable[..., int]:
    def run(_rt: object, _me: object, *_values: object) -> int:
        return code

    return run


def _zero(family: str, out: str, *, bare: bool) -> object:
    if bare and isinstance(_ZEROS.get(out), dict):  # what has no code makes a handle of that name
        return 0
    structure = zeros(out) if family == "acl.himpi" else None
    return _ZEROS.get(out, 0) if structure is None else structure
