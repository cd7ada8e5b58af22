"""Values in device memory: tasks that write one, and tasks that wait until one is right.

The device looks at the eight bytes whenever something that it, or a call, has done may have changed them: the model
has no polling. Writes of the program's own to device memory, which it could only do where both share it, are seen at
the next of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.base.wait_records import Held
from simulator.core.gates import Gate
from simulator.core.tasks import EffectTask, Task
from simulator.core.waits import note_passed

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime
    from simulator.core.streams import Stream
    from simulator.engine.hosts.thread import HostThread

WORD: Final = 8
_MASK: Final = (1 << 64) - 1
_SIGN: Final = 1 << 63
Condition = Callable[[int, int], bool]
# By the flag of value_wait: how the memory compares with the value (stars_cond_isa_define.hpp; DOC has the same).
CONDITIONS: Final[Mapping[int, tuple[str, Condition]]] = {
    0: ("at least", lambda there, value: (there - value) & _MASK < _SIGN),
    1: ("equal to", lambda there, value: there == value),
    2: ("sharing a bit with", lambda there, value: there & value != 0),
    3: ("without all bits of", lambda there, value: ~(there | value) & _MASK != 0),
}


class Watches:
    """Who waits for values, and who has written them last."""

    __slots__ = ("gates", "writers")

    def __init__(self) -> None:
        self.gates: list[Gate] = []
        # By address: stream and task of the last value_write.
        self.writers: dict[int, tuple[Stream, int]] = {}

    def __repr__(self) -> str:
        return f"<watches of {len(self.gates)} tasks>"

    def let_go(self, gate: Gate) -> bool:
        """Forget that a gate waits; False when it does not wait any more."""
        if gate not in self.gates:
            return False
        self.gates.remove(gate)
        return True

    def look(self, giver: tuple[Stream, int] | None = None, thread: HostThread | None = None) -> None:
        """Let those go on whose values are right by now; *giver*, or a call of *thread*, has written something."""
        for gate in list(self.gates):
            task = gate.task
            if isinstance(task, ValueWaitTask) and task.is_right():
                self.gates.remove(gate)
                name = None if thread is None else thread.name
                note_passed(gate.stream, gate.seq, task.place, giver, name)
                gate.stream.kernel.after(0, gate.finish_entry)


class ValueWriteTask(EffectTask):
    """Write a value of eight bytes."""

    __slots__ = ("_rt", "address", "stream", "value")
    kind = "value-write"

    def __init__(self, rt: Runtime, address: int, value: int, stream: Stream) -> None:
        self._rt = rt
        self.address = address
        self.value = value
        self.stream = stream
        self.duration = 0
        self.engine = None

    @property
    def name(self) -> str:
        """The value."""
        return str(self.value)

    def effect(self) -> int:
        """Write; a write to memory that is gone by now is a fault of the task."""
        rt = self._rt
        if not rt.memory.store(self.address, self.value.to_bytes(WORD, "little")):
            return rt.code_of(Fault.AICORE_EXCEPTION)
        rt.watches.writers[self.address] = self.stream, self.stream.done + 1
        return 0


class ValueWaitTask(Task):
    """Hold the stream until eight bytes compare with a value as `flag` says. `place` is where, for people."""

    __slots__ = ("_rt", "address", "flag", "place", "value")
    kind = "value-wait"

    def __init__(self, rt: Runtime, address: int, value: int, flag: int, place: str) -> None:
        self._rt = rt
        self.address = address
        self.value = value
        self.flag = flag
        self.place = place

    @property
    def name(self) -> str:
        """What it waits for: "a value at least 5"."""
        return f"a value {CONDITIONS[self.flag][0]} {self.value}"

    def is_right(self) -> bool:
        """Tell whether the bytes compare as they should; bytes that are gone never do."""
        there = self._rt.memory.load(self.address, WORD)
        return there is not None and CONDITIONS[self.flag][1](int.from_bytes(there, "little"), self.value)

    def begin(self, stream: Stream) -> bool:
        """Start at the head of *stream*; True when the value is right already."""
        watches = self._rt.watches
        if self.is_right():
            note_passed(stream, stream.done + 1, self.place, watches.writers.get(self.address))
            return True
        if stream.trace is not None:
            stream.trace.append(Held(stream.kernel.now, stream.label, stream.done + 1, self.place))
        watches.gates.append(Gate(stream, self, watches))
        return False
