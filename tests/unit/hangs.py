"""Programs that hang, as a user would write them, and what the explanation of one says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import acl_api as acl
from simulator.base.profile import SocProfile, load_profile
from simulator.base.trace import Noted
from simulator.engine.hosts.ends import RunKind
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.hosts.thread import HostThread
from simulator.engine.wait import Outcome, Wait

BLOCK = 1
NO_BLOCK = 0
MS = 1_000_000
SECOND = 1000 * MS
# A stall is called after two seconds here: a thousand polls of a millisecond each come first.
SOON = StallLimits(after=2 * SECOND, polls=50_000, budget=60 * SECOND)


class Flag:
    """A condition variable with its flag."""

    def __init__(self, session: acl.Session, name: str) -> None:
        self._host = session.host
        self._name = name
        self._waits: list[Wait] = []
        self.is_set = False

    def __str__(self) -> str:
        return self._name

    def set(self) -> None:
        self.is_set = True
        for wait in self._waits:
            wait.fire()

    def wait(self, timeout: int | None = None) -> bool:
        if not self.is_set:
            wait = Wait("wait_flag", self, timeout)
            self._waits.append(wait)
            return self._host.wait(wait) is Outcome.FIRED
        return True


@dataclass(frozen=True)
class Hang:
    """How a run ended, and its explanation."""

    kind: RunKind
    text: str
    sentences: tuple[str, ...]
    now: int

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    def says(self, *phrases: str) -> None:
        """Each phrase stands in some sentence, and no sentence stands twice."""
        for phrase in phrases:
            assert any(phrase in sentence for sentence in self.sentences), f"{phrase!r} is not in\n{self}"
        assert len(set(self.sentences)) == len(self.sentences)

    def mends(self, *phrases: str) -> None:
        """The last sentence, and no other, says what to change, with each phrase."""
        assert [sentence.startswith("To mend: ") for sentence in self.sentences].index(True) == (
            len(self.sentences) - 1
        ), str(self)
        for phrase in phrases:
            assert phrase in self.sentences[-1], f"{phrase!r} is not in\n{self}"


class Program:
    """A session with one device, and threads that are declared before they are started."""

    def __init__(self, session: acl.Session) -> None:
        self.session = session
        self.host = session.host

    def thread(self, name: str, entry: Callable[[], object] | None = None) -> HostThread:
        """Declare a thread and, given what it runs, start it."""
        thread = self.host.thread(name)
        if entry is not None:
            self.host.start(thread, entry)
        return thread

    def stream(self, reporter: HostThread | int | None = None, name: str | None = None) -> int:
        """Create a stream, subscribed to the thread (or thread id) *reporter*."""
        self.host.current().names_next = name
        stream, code = acl.rt.create_stream()
        assert code == 0
        if reporter is not None:
            ident = reporter if isinstance(reporter, int) else reporter.ident
            assert acl.rt.subscribe_report(ident, stream) == 0
        return stream

    def findings(self) -> list[Noted]:
        """Return what the run has noted so far."""
        assert self.session.trace is not None
        return self.session.trace.of(Noted)

    def flag(self, name: str) -> Flag:
        return Flag(self.session, name)


def small(soc: str, *, queue: int | None = None, reports: int | None = None) -> SocProfile:
    """Return a profile with short queues."""
    profile = load_profile(soc)
    limits = profile.limits
    return replace(
        profile,
        limits=replace(
            limits,
            queue_depth=queue or limits.queue_depth,
            callback_cq_depth=reports or limits.callback_cq_depth,
        ),
    )


def run(
    main: Callable[[Program], object],
    soc: str | SocProfile = "Ascend910B",
    stall: StallLimits = SOON,
    *,
    gil: bool = False,
    host: str = "greenlets",
) -> Hang:
    """Run *main* as the thread "main", with device 0 set, and return how the run ended."""
    with acl.Session(soc=soc, devices=1, stall=stall, gil=gil, host=host) as session:
        program = Program(session)

        def entry() -> None:
            acl.init()
            acl.rt.set_device(0)
            main(program)

        thread = program.thread("main", entry)
        end = session.host.run()
        sentences = session.explain()
    if thread.error is not None:
        raise thread.error
    return Hang(end.kind, end.text, sentences, end.now)


def poll(timeout_ms: int, times: int | None = None) -> Callable[[], None]:
    """Return a report thread's loop: for ever, or so many times."""

    def loop() -> None:
        acl.rt.set_device(0)
        done = 0
        while times is None or done < times:
            acl.rt.process_report(timeout_ms)
            done += 1

    return loop


def nothing(_data: object) -> None:
    """Do what an empty callback does."""
