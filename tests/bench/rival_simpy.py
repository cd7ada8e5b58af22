"""A rival: the workload as a simpy user would write it: a process per stream and thread, Stores, timeouts."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import simpy

from tests.bench.workload import (
    BLOCK,
    KERNEL,
    NO_BLOCK,
    RECORD,
    STREAMS_PER_THREAD,
    WAIT,
    Answer,
    Counter,
    Launch,
    answer,
    threads_of,
)

Process = Generator[simpy.Event, Any, None]


class Task:
    __slots__ = ("data", "event", "fn", "kind", "ns")

    def __init__(self, kind, ns=0, event=None, fn=None, data=None):
        self.kind = kind
        self.ns = ns
        self.event = event
        self.fn = fn
        self.data = data


class SimpyRival:
    """`launch` only makes the processes; the host that makes the tasks is one of them, so `run` has its work."""

    def __init__(self, launches: Sequence[Launch], streams: int) -> None:
        self.launches = launches
        self.env = simpy.Environment()
        self.counter = Counter()
        self.queues: list[simpy.Store] = [simpy.Store(self.env) for _ in range(streams)]
        self.reports: list[simpy.Store] = [simpy.Store(self.env) for _ in range(threads_of(streams))]
        self.stream_ends = [0] * streams
        self.thread_ends = [0] * len(self.reports)

    def launch(self) -> None:
        for at, queue in enumerate(self.queues):
            self.env.process(self._stream(at, queue, self.reports[at // STREAMS_PER_THREAD]))
        for at, reports in enumerate(self.reports):
            self.env.process(self._report_thread(at, reports))
        self.env.process(self._host())

    def run(self) -> Answer:
        self.env.run()
        return answer(self.stream_ends, self.thread_ends, self.counter.calls)

    def _host(self) -> Process:
        count = len(self.queues)
        latest: list[simpy.Event] = [self.env.event() for _ in range(count)]
        for stream, kind, ns in self.launches:
            if kind == KERNEL:
                task = Task(kind, ns)
            elif kind == RECORD:
                latest[stream] = self.env.event()
                task = Task(kind, event=latest[stream])
            elif kind == WAIT:
                task = Task(kind, event=latest[(stream - 1) % count])
            else:
                task = Task(kind, ns, fn=self.counter, data=stream)
            yield self.queues[stream].put(task)
        for queue in self.queues:
            yield queue.put(None)

    def _stream(self, at: int, queue: simpy.Store, reports: simpy.Store) -> Process:
        env = self.env
        while (task := (yield queue.get())) is not None:
            if task.kind == KERNEL:
                yield env.timeout(task.ns)
            elif task.kind == BLOCK:
                done = env.event()
                yield reports.put((task, done))
                yield done
            elif task.kind == NO_BLOCK:
                yield reports.put((task, None))
            elif task.kind == RECORD:
                task.event.succeed()
            else:
                yield task.event
        self.stream_ends[at] = int(env.now)

    def _report_thread(self, at: int, reports: simpy.Store) -> Process:
        env = self.env
        while True:
            task, done = yield reports.get()
            yield env.timeout(task.ns)
            task.fn(task.data)
            self.thread_ends[at] = int(env.now)
            if done is not None:
                done.succeed()
