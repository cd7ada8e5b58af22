"""Rows: memory shared by a key, and uncorrectable errors of memory, of which there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.lists import list_of_pids
from acl_api.structs import Repair, repairs
from acl_api.table.checks import device_in_range, has_context, not_null, unsupported
from acl_api.table.row import Check, Param, Ref, Row
from simulator.core.operations import sharing

if TYPE_CHECKING:
    from simulator.core.runtime import Caller

_INVALID, _WRONG = codes.ACL_ERROR_RT_PARAM_INVALID, codes.ACL_ERROR_INVALID_PARAM
_KEY = Param("key", "s")
_FLAG = Param("flag", "K", passed=False)
_MOST_LENGTH: Final = 1024
# A struct of aclrtMemUceInfo is so many bytes, and the binding counts them in an int.
_RECORD_BYTES, _MOST_BYTES = 128, (1 << 31) - 1
_MOST_REPAIRS: Final = 20
_DEVICE_ID = Param("device_id", "i", passed=False)
_SOURCE = (
    "rule h2; hicann/runtime memory.cpp, api_error.cc IpcSetMemoryName, api_impl.cc; pyACL rt_memory.cpp"
)
_UCE = "hicann/runtime memory.cpp, api_error.cc GetMemUceInfo and MemUceRepair; pyACL rt_memory.cpp"


def _length(value: object) -> int:
    length = cast("int", value)
    if length >= _MOST_LENGTH:
        raise ValueError("key len should be less than 1024")
    return length


def _room(value: object) -> int:
    records = cast("int", value)
    if not 0 < records <= _MOST_BYTES // _RECORD_BYTES:
        raise TypeError("memory memset failed!")
    return records


def _refuse(says: str, on: str, test: Callable[[int], bool]) -> Check:
    return Check("h2", _INVALID, says, (on,), lambda _me, value: test(cast("int", value)))


_NOT_SHARED = unsupported("h2", "the product does not share memory by keys", lambda has: not has.ipc_memory)
_FLAG_KNOWN = _refuse("flag is neither 0 nor 1", "flag", lambda flag: flag > 1)
_NO_REPAIR = unsupported("h2", "the product does not repair memory", lambda has: not has.memory_repair)


def _reserved_bytes(_me: Caller, value: object) -> bool:
    return any(any(repair.reserved) for repair in cast("tuple[Repair, ...]", value))


ROWS = (
    Row(
        "acl.rt.ipc_mem_get_export_key",
        "aclrtIpcMemGetExportKey",
        lambda rt, _me, ptr, size, _len: sharing.export_key(rt, ptr, size),
        params=(
            Param("dev_ptr", "k", Ref.MEMORY),
            Param("size", "k"),
            Param("len", "k", reads=_length),
            _FLAG,
        ),
        checks=(
            not_null("dev_ptr", rule="h2"),
            not_null("size", _INVALID, "h2"),
            not_null("len", _INVALID, "h2"),
            _FLAG_KNOWN,
            has_context("h2"),
            _NOT_SHARED,
            _refuse(
                "len has no room for a key of 64 and its end", "len", lambda room: room <= sharing.KEY_LENGTH
            ),
        ),
        outs=("key",),
        failed=("",),
        errors=(_INVALID,),
        says="A key by which memory is shared, within this process only.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.ipc_mem_set_import_pid",
        "aclrtIpcMemSetImportPid",
        lambda rt, _me, key, pids: sharing.set_import_pids(rt, key, pids),
        params=(_KEY, Param("pids", "O", Ref.ANY, reads=list_of_pids, annotation="list[int]")),
        checks=(
            not_null("key", rule="h2"),
            Check("h2", _INVALID, "pids is empty", ("pids",), lambda _me, value: not value),
            has_context("h2"),
            _NOT_SHARED,
        ),
        errors=(_INVALID,),
        says="Let other processes import by a key; they are other machines here, so that nothing comes of it.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.ipc_mem_import_by_key",
        "aclrtIpcMemImportByKey",
        lambda rt, _me, key: sharing.import_by_key(rt, key),
        params=(_KEY, _FLAG),
        checks=(not_null("key", rule="h2"), _FLAG_KNOWN, has_context("h2"), _NOT_SHARED),
        outs=("dev_ptr",),
        failed=(0,),
        traced=False,
        errors=(_INVALID,),
        says="The address of memory with a key that this process has made; other processes are other machines.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.ipc_mem_close",
        "aclrtIpcMemClose",
        lambda rt, _me, key: sharing.close(rt, key),
        params=(_KEY,),
        checks=(not_null("key", rule="h2"), _NOT_SHARED, has_context("h2")),
        errors=(_INVALID,),
        says="Give an import back; without any, the key itself.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_mem_uce_info",
        "aclrtGetMemUceInfo",
        lambda _rt, _me, _room: ([],),
        params=(_DEVICE_ID, Param("array_size", "I", reads=_room)),
        checks=(_NO_REPAIR, device_in_range(rule="h2"), has_context("h2")),
        outs=("infos",),
        failed=([],),
        misfit="acl.rt.get_mem_uce_info args parse failed!",
        says="Where memory has uncorrectable errors: nowhere, here.",
        source=_UCE,
    ),
    Row(
        "acl.rt.mem_uce_repair",
        "aclrtMemUceRepair",
        lambda _rt, _me: None,
        params=(
            _DEVICE_ID,
            Param("infos", "O", Ref.ANY, passed=False, reads=repairs, annotation="list[dict[str, object]]"),
        ),
        checks=(
            not_null("infos", rule="h2"),
            Check(
                "h2",
                _WRONG,
                "more than 20 ranges",
                ("infos",),
                lambda _me, value: len(cast("tuple[Repair, ...]", value)) > _MOST_REPAIRS,
            ),
            Check("h2", _WRONG, "a range has reserved bytes other than 0", ("infos",), _reserved_bytes),
            _NO_REPAIR,
            device_in_range(rule="h2"),
            has_context("h2"),
        ),
        misfit="acl.rt.mem_uce_repair args parse failed!",
        says="Repair ranges of memory: there is nothing to repair, here.",
        source=_UCE,
    ),
)
