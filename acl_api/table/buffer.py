"""Rows: data buffers, an address and a size each (aclDataBuffer)."""

from __future__ import annotations

from acl_api.table.checks import alive, of_kind
from acl_api.table.row import Param, Ref, Row
from simulator.core.operations.models import DataBuffer

_SOURCE = "pyACL py_init_acl.cpp"
_BUFFER = Param("buf", "k", Ref.BUFFER)
_CONTENT = (Param("data", "k", Ref.MEMORY), Param("size", "k"))
_CHECKS = of_kind("buf", DataBuffer)


def _update(buffer: DataBuffer, data: int, size: int) -> None:
    buffer.address, buffer.size = data, size


def _getter(name: str, c_name: str, output: str, says: str) -> Row:
    """Return a row that reads one number of a buffer; 0 for a buffer that is none, and no code."""

    def run(_rt: object, _me: object, buffer: DataBuffer) -> tuple[int]:
        return (buffer.address if output == "addr" else buffer.size,)

    return Row(
        f"acl.{name}",
        c_name,
        run,
        params=(_BUFFER,),
        checks=_CHECKS,
        outs=(output,),
        failed=(0,),
        bare=True,
        traced=output != "addr",
        says=says,
        source=_SOURCE,
    )


ROWS = (
    Row(
        "acl.create_data_buffer",
        "aclCreateDataBuffer",
        lambda rt, _me, data, size: (rt.handles.add(DataBuffer(data, size)),),
        params=_CONTENT,
        outs=("buf",),
        failed=(0,),
        bare=True,
        says="Make a data buffer: an address and a size.",
        source=_SOURCE,
    ),
    Row(
        "acl.destroy_data_buffer",
        "aclDestroyDataBuffer",
        lambda rt, _me, buf: rt.handles.remove(buf),
        params=(_BUFFER,),
        checks=(alive("buf", DataBuffer),),
        says="Destroy a data buffer; the memory stays.",
        source=_SOURCE,
    ),
    Row(
        "acl.update_data_buffer",
        "aclUpdateDataBuffer",
        lambda _rt, _me, buffer, data, size: _update(buffer, data, size),
        params=(_BUFFER, *_CONTENT),
        checks=_CHECKS,
        says="Point a data buffer at other memory.",
        source=_SOURCE,
    ),
    _getter("get_data_buffer_addr", "aclGetDataBufferAddr", "addr", "The address of a data buffer."),
    _getter("get_data_buffer_size", "aclGetDataBufferSize", "size", "The size of a data buffer, in bytes."),
    _getter("get_data_buffer_size_v2", "aclGetDataBufferSizeV2", "size", "The size of a data buffer."),
)
