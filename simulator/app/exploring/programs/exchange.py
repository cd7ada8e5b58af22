"""What explorer, zygote and the program's processes share: a socket for single bytes, and three files without a name.

The explorer writes what is wanted into `request` and wakes the zygote by a byte. The process that runs the program
writes what it has seen into `reply`, whole or not at all, each decision as it is made into `journal`, and its stdout
and stderr into `output`. When it is over the zygote says so by a status. So nobody ever waits for half a message,
however the program ends.

What is exchanged are pickles between processes of one user that run the same version.
"""

from __future__ import annotations

import marshal
import os
import pickle
import struct
import tempfile
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final, NamedTuple

from simulator.engine.choice import ChoiceRecord

_LENGTH: Final = struct.Struct("!Q")
_STATUS: Final = struct.Struct("!?i")
# Of what the program printed at most so much is looked at, from the end.
_TAIL_BYTES: Final = 16_384

RUN: Final = b"r"
LEARN: Final = b"l"
GONE: Final = b""


class Status(NamedTuple):
    """How a process of the program ended: whether the zygote had to kill it, and what `os.waitpid` says."""

    killed: bool
    wait_status: int

    def packed(self) -> bytes:
        """Return it as bytes for the socket."""
        return _STATUS.pack(self.killed, self.wait_status)


class Exchange(NamedTuple):
    """File descriptors of the files; the same ones in all processes, which inherit them."""

    request: int
    reply: int
    journal: int
    output: int

    @classmethod
    def make(cls) -> Exchange:
        """Make files that go away with the last process that has them."""
        return cls(*(_nameless_file(name) for name in cls._fields))

    def close(self) -> None:
        """Close the files here."""
        for descriptor in self:
            os.close(descriptor)

    def ask(self, wanted: object) -> None:
        """Put *wanted* into the request. Raises what pickle raises for something that cannot be sent."""
        _put(self.request, pickle.dumps(wanted))

    def asked(self) -> Any:  # noqa: ANN401 - whatever was put there
        """Return what the explorer wants."""
        return _get(self.request)

    def begin(self) -> None:
        """Empty all that the run before has left; the program's process calls it before its first line."""
        for descriptor in (self.reply, self.journal, self.output):
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)

    def tell(self, seen: object) -> None:
        """Put *seen* into the reply."""
        _put(self.reply, pickle.dumps(seen))

    def told(self) -> Any:  # noqa: ANN401 - same
        """Return the reply; None when the process ended before it had written it."""
        return _get(self.reply)

    def note(self, choice: ChoiceRecord) -> None:
        """Append a decision to the journal."""
        os.write(self.journal, marshal.dumps(tuple(choice)))

    def noted(self) -> tuple[ChoiceRecord, ...]:
        """Return the decisions of a process that could not tell any more."""
        data = BytesIO(_bytes_from(self.journal, 0))
        found = []
        try:
            while True:
                found.append(ChoiceRecord(*marshal.load(data)))  # noqa: S302 - written by `note`
        except (EOFError, ValueError, TypeError):  # the end, or where the process died
            return tuple(found)

    def printed(self) -> Sequence[str]:
        """Return the last lines that the program printed, whatever its encoding."""
        start = max(0, os.fstat(self.output).st_size - _TAIL_BYTES)
        lines = _bytes_from(self.output, start).decode("utf-8", "replace").splitlines()
        return lines[1:] if start else lines


def status_of(data: bytes) -> Status:
    """Return the status that came through the socket."""
    return Status(*_STATUS.unpack(data))


STATUS_BYTES: Final = _STATUS.size


def _nameless_file(name: str) -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create(f"aclsim-{name}")
    with tempfile.TemporaryFile(prefix=f"aclsim-{name}-") as file:
        return os.dup(file.fileno())


def _put(descriptor: int, data: bytes) -> None:
    """Write the data, and its length last: without one there is nothing."""
    os.ftruncate(descriptor, 0)
    at = _LENGTH.size
    rest = memoryview(data)
    while rest:
        count = os.pwrite(descriptor, rest, at)
        rest, at = rest[count:], at + count
    os.pwrite(descriptor, _LENGTH.pack(len(data)), 0)


def _get(descriptor: int) -> Any:  # noqa: ANN401 - whatever was put there
    data = _bytes_from(descriptor, 0)
    if len(data) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack_from(data)
    if not length:
        return None
    return pickle.loads(memoryview(data)[_LENGTH.size :])  # noqa: S301 - written by a process of ours


def _bytes_from(descriptor: int, start: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts = []
    while start < size:
        part = os.pread(descriptor, size - start, start)
        if not part:
            break
        parts.append(part)
        start += len(part)
    return b"".join(parts)
