"""Tiny programs that are explored without a machine: threads that read, write, set and await named things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simulator.base.memory_records import FlagSeen, FlagSet, HostAccess
from simulator.base.trace import Blocked, Chosen, ThreadEnded, Trace
from simulator.engine.choice import Chooser, Recorder
from simulator.explore.subject import Failure, Seen, fingerprint_of


class Op(NamedTuple):
    """What a thread does in one step: "read", "write", "set" or "await" the thing `on`.

    "crash" ends the run if the thing was written; "climb" 2/3 comes to step 2 of 3 if step 1 was the last one, and at
    the top the run crashes.
    """

    do: str
    on: str

    def __str__(self) -> str:
        return f"{self.do} {self.on}"


Program = tuple[tuple[Op, ...], ...]


class Toy:
    """Runs a program of at most a handful of threads; thread 0 stands first and goes on until it blocks or ends."""

    timed = False

    def __init__(self, program: Program, name: str = "toy") -> None:
        self.program = program
        self.name = name

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        recorder = Recorder(chooser, detail=detail)
        trace = Trace()
        trace.isolated = True
        run = _Run(self.program, trace)
        last = 0
        while enabled := run.enabled():
            if last in enabled:
                enabled.remove(last)
                enabled.insert(0, last)
            names = tuple(f"t{at}" for at in enabled)
            value = recorder.choose("op", names) if len(names) > 1 else 0
            last = enabled[value]
            trace.append(Chosen(0, "op", names, value))
            run.step(last)
        failure = None
        if run.crashed:
            failure = Failure("error", ("crash", run.crashed), (f"crashed in {run.crashed}",))
        elif run.stuck():
            failure = Failure("deadlock", tuple(run.stuck()), ("nobody can go on",))
        return Seen(
            failure=failure,
            inconclusive=None,
            choices=tuple(recorder.records),
            trace=trace if detail else None,
            fingerprint=fingerprint_of(trace),
            end_state=f"{run.read} {sorted(run.values.items())} {run.stuck()} {run.crashed}",
            steps=0,
        )


class _Run:
    def __init__(self, program: Program, trace: Trace) -> None:
        self.program = program
        self.trace = trace
        self.at = [0] * len(program)
        self.values: dict[str, int] = {}
        self.flags: set[str] = set()
        self.blocked: set[int] = set()
        self.read: list[list[int]] = [[] for _ in program]
        self.crashed = ""

    def _next(self, thread: int) -> Op | None:
        ops = self.program[thread]
        return ops[self.at[thread]] if self.at[thread] < len(ops) else None

    def enabled(self) -> list[int]:
        if self.crashed:
            return []
        return [at for at in range(len(self.program)) if self._next(at) is not None and not self._waits(at)]

    def _waits(self, thread: int) -> bool:
        """A thread that has looked at a flag in vain; it looks before it waits, as real ones do."""
        op = self._next(thread)
        return thread in self.blocked and op is not None and op.on not in self.flags

    def stuck(self) -> list[str]:
        return [f"t{at} at {self._next(at)}" for at in range(len(self.program)) if self._waits(at)]

    def step(self, thread: int) -> None:
        op = self._next(thread)
        assert op is not None
        who, trace = f"t{thread}", self.trace
        here = ((op.on, 0, 1),)
        if op.do == "await":
            if op.on not in self.flags:
                trace.append(Blocked(0, who, "wait_flag", op.on, None))
                self.blocked.add(thread)
                return
            trace.append(FlagSeen(0, who, op.on, True))
            self.blocked.discard(thread)
        elif op.do == "set":
            trace.append(FlagSet(0, who, op.on, True))
            self.flags.add(op.on)
        elif op.do == "write":
            trace.append(HostAccess(0, who, "fill", (), here, None))
            # Which of two writes came last can be told.
            self.values[op.on] = 1 + thread
        elif op.do == "climb":
            trace.append(HostAccess(0, who, "climb", (), (("ladder", 0, 1),), None))
            step, top = map(int, op.on.split("/"))
            if self.values.get("ladder", 0) == step - 1:
                self.values["ladder"] = step
                self._crash(who, op, if_so=step == top)
        else:
            trace.append(HostAccess(0, who, "read", here, (), None))
            value = self.values.get(op.on, 0)
            self.read[thread].append(value)
            self._crash(who, op, if_so=op.do == "crash" and value > 0)
        self.at[thread] += 1

    def _crash(self, who: str, op: Op, *, if_so: bool) -> None:
        if if_so:
            self.crashed = str(op)
            self.trace.append(ThreadEnded(0, who, "crash"))


def program(*threads: Sequence[str]) -> Program:
    """Return the program whose threads do what the words say: `program(["write x"], ["read x"])`."""
    return tuple(tuple(Op(*step.split()) for step in steps) for steps in threads)
