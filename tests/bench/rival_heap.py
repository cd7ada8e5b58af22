"""A rival: nothing but a heap, a loop and slotted objects, the least that Python can do for this workload."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from typing import cast

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


class Mark:
    """One recording: `time` is None until it is reached."""

    __slots__ = ("time", "waiters")

    def __init__(self):
        self.time = None
        self.waiters = None


class Task:
    __slots__ = ("data", "fn", "kind", "mark", "ns")

    def __init__(self, kind, ns, mark, fn, data):
        self.kind = kind
        self.ns = ns
        self.mark = mark
        self.fn = fn
        self.data = data


class Clock:
    __slots__ = ("count", "heap", "now")

    def __init__(self) -> None:
        self.now = 0
        self.count = 0
        self.heap: list[tuple[int, int, Callable[[], None]]] = []

    def at(self, time: int, fire: Callable[[], None]) -> None:
        self.count = count = self.count + 1
        heappush(self.heap, (time, count, fire))

    def run(self) -> None:
        heap = self.heap
        while heap:
            self.now, _, fire = heappop(heap)
            fire()


class Thread:
    __slots__ = ("clock", "end", "finish", "queue", "stream", "task")

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.queue: deque[tuple[Task, Stream | None]] = deque()
        self.task: Task | None = None
        self.stream: Stream | None = None
        self.finish = self.finished
        self.end = 0

    def post(self, task: Task, stream: Stream | None) -> None:
        if self.task is None:
            self.task = task
            self.stream = stream
            self.clock.at(self.clock.now + task.ns, self.finish)
        else:
            self.queue.append((task, stream))

    def finished(self) -> None:
        task, stream = cast("Task", self.task), self.stream
        task.fn(task.data)
        self.end = now = self.clock.now
        if self.queue:
            self.task, self.stream = following = self.queue.popleft()
            self.clock.at(now + following[0].ns, self.finish)
        else:
            self.task = None
        if stream is not None:
            stream.advance()


class Stream:
    __slots__ = ("clock", "end", "go_on", "launched", "tasks", "thread")

    def __init__(self, clock: Clock, thread: Thread) -> None:
        self.clock = clock
        self.thread = thread
        self.launched: list[Task] = []
        self.tasks: Iterator[Task] = iter(self.launched)
        self.go_on = self.advance
        self.end = 0

    def advance(self) -> None:
        clock = self.clock
        for task in self.tasks:
            kind = task.kind
            if kind == KERNEL:
                clock.at(clock.now + task.ns, self.go_on)
                return
            if kind == BLOCK:
                self.thread.post(task, self)
                return
            if kind == NO_BLOCK:
                self.thread.post(task, None)
            elif kind == RECORD:
                mark = task.mark
                mark.time = clock.now
                if mark.waiters is not None:
                    for stream in mark.waiters:
                        stream.advance()
            elif task.mark.time is None:
                if task.mark.waiters is None:
                    task.mark.waiters = []
                task.mark.waiters.append(self)
                return
        self.end = clock.now


class HeapRival:
    """`launch` makes the tasks and queues them, `run` simulates."""

    def __init__(self, launches: Sequence[Launch], streams: int) -> None:
        self.launches = launches
        self.clock = Clock()
        self.counter = Counter()
        self.threads = [Thread(self.clock) for _ in range(threads_of(streams))]
        self.streams = [Stream(self.clock, self.threads[at // STREAMS_PER_THREAD]) for at in range(streams)]

    def launch(self) -> None:
        streams, count = self.streams, len(self.streams)
        latest = [Mark() for _ in streams]
        for stream, kind, ns in self.launches:
            if kind == KERNEL:
                task = Task(kind, ns, None, None, None)
            elif kind == RECORD:
                latest[stream] = mark = Mark()
                task = Task(kind, 0, mark, None, None)
            elif kind == WAIT:
                task = Task(kind, 0, latest[(stream - 1) % count], None, None)
            else:
                task = Task(kind, ns, None, self.counter, stream)
            streams[stream].launched.append(task)

    def run(self) -> Answer:
        for stream in self.streams:
            stream.advance()
        self.clock.run()
        ends = [stream.end for stream in self.streams]
        return answer(ends, [thread.end for thread in self.threads], self.counter.calls)
