"""The program's own memory, read and written through the system (`process_vm_readv`): a wrong address is no crash."""

from __future__ import annotations

import ctypes
import os
from typing import Final

CHUNK: Final = 1 << 24
# Opened once: it would take half as long as all the rest of a session.
_libc: Final = ctypes.CDLL(None, use_errno=True)


class _IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Outside:
    """Copies that touch memory which is not ours, through the system: a bad address cannot crash us."""

    __slots__ = ()

    def copy(self, destination: int, source: int, size: int) -> bool:
        """Copy through a bounce buffer; False when the system reports a bad address."""
        bounce = ctypes.create_string_buffer(min(size, CHUNK))
        here = ctypes.addressof(bounce)
        done = 0
        while done < size:
            step = min(size - done, CHUNK)
            if not self._move("process_vm_readv", here, source + done, step):
                return False
            if not self._move("process_vm_writev", here, destination + done, step):
                return False
            done += step
        return True

    def mapped(self, address: int) -> bool:
        """Tell whether the byte at *address* can be read."""
        byte = ctypes.create_string_buffer(1)
        return self._move("process_vm_readv", ctypes.addressof(byte), address, 1)

    def _move(self, call: str, local: int, remote: int, size: int) -> bool:
        ours, theirs = _IoVec(local, size), _IoVec(remote, size)
        function = getattr(_libc, call)
        function.restype = ctypes.c_ssize_t
        moved = function(
            os.getpid(),
            ctypes.byref(ours),
            ctypes.c_ulong(1),
            ctypes.byref(theirs),
            ctypes.c_ulong(1),
            ctypes.c_ulong(0),
        )
        return bool(moved == size)
