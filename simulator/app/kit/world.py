"""Runs programs of the kit as host threads of one session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import acl_api as acl
from simulator.app.kit.doing import MODELS, Doer
from simulator.app.kit.programs import UNTIMED, Ending, Plan, ReporterPlan
from simulator.base.errors import InternalError
from simulator.base.profile import DEFAULT_SOC, SocProfile, load_profile
from simulator.base.trace import Trace
from simulator.core.faults import DeclaredFault
from simulator.core.options import RuntimeOptions
from simulator.core.snapshot import Snapshot
from simulator.engine.choice import Chooser
from simulator.engine.hosts.ends import RunEnd
from simulator.engine.hosts.stall import StallLimits

SECOND: Final = 1_000_000_000
# How far a chooser may part from the times of a run.
TIMINGS: Final = ("nominal", "untimed", "0.5..2")
# Short, so that a stalled program costs milliseconds; polls of 100 ms reach the thousand within it.
STALL: Final = StallLimits(after=SECOND, polls=4_000, budget=3000 * SECOND)
_MOST_ROUNDS: Final = 60


@dataclass(frozen=True)
class Outcome:
    """What a run left behind; `ran` counts the calls of each callback, `launched` the accepted launches.

    `stuck` and `explanation` are about runs that could not go on, `errors` are those that left a thread, by its name.
    """

    end: RunEnd
    trace: Trace
    stuck: Snapshot | None
    explanation: tuple[str, ...]
    ran: Counter[str]
    launched: Counter[str]
    errors: dict[str, BaseException]


def machine(plan: Plan, soc: str) -> SocProfile:
    """Return the profile *soc* with the queue depths that *plan* asks for."""
    profile = load_profile(soc)
    limits = profile.limits
    return replace(
        profile,
        limits=replace(
            limits,
            queue_depth=plan.queue_depth or limits.queue_depth,
            callback_cq_depth=plan.report_depth or limits.callback_cq_depth,
        ),
    )


def run(  # noqa: PLR0913 - one parameter per thing that may be chosen
    plan: Plan,
    soc: str = DEFAULT_SOC,
    chooser: Chooser | None = None,
    costs: str = "profile",
    *,
    beside: Plan | None = None,
    host: str = "greenlets",
    timing: str = "nominal",
    faults: Sequence[str | DeclaredFault] = (),
    options: RuntimeOptions | None = None,
) -> Outcome:
    """Run *plan* to its end, whatever that is, in the order that *chooser* decides; None: the friendly one.

    *beside* is another program in the same process; *costs*, *host*, *timing*, *faults* and *options* are the
    session's.
    """
    with acl.Session(
        soc=machine(plan, soc),
        devices=2,
        chooser=chooser,
        timing=timing,
        faults=faults,
        costs=costs,
        stall=STALL,
        options=options or RuntimeOptions(),
        host=host,
    ) as session:
        world = World(plan, session)
        if beside is not None:
            World(beside, session)
        end = session.host.run()
        explanation = session.explain()
    errors = {thread.name: thread.error for thread in session.host.threads if thread.error is not None}
    if session.trace is None:
        raise InternalError("a session records unless it is told not to")
    return Outcome(
        end, session.trace, session.stuck, explanation, world.doer.ran, world.doer.launched, errors
    )


class World:
    """The threads of one running program."""

    def __init__(self, plan: Plan, session: acl.Session) -> None:
        self.plan = plan
        self.host = session.host
        self.doer = Doer(plan, session.host)
        self._stop = False
        for model in MODELS:
            session.declare_model(model)
        main = self.host.thread("main")
        self._reporters = [
            self.host.thread(
                f"reporter{number}", daemon=reporter.polls is None and reporter.timeout == UNTIMED
            )
            for number, reporter in enumerate(plan.reporters)
        ]
        self.host.start(main, self._main)

    def __repr__(self) -> str:
        return f"<world of {self.doer!r}>"

    def _main(self) -> None:
        self.doer.set_up([thread.ident for thread in self._reporters])
        launchers = [self.host.thread(f"launcher{number}") for number in range(len(self.plan.launchers))]
        for thread, reporter in zip(self._reporters, self.plan.reporters, strict=True):
            self.host.start(thread, partial(self._report, reporter))
        for thread, steps in zip(launchers, self.plan.launchers, strict=True):
            self.host.start(thread, partial(self.doer.do, steps))
        for thread in launchers:
            self.host.join(thread)
        self._finish()
        self._stop = True
        for thread in self._reporters:
            if not thread.daemon:
                self.host.join(thread)

    def _report(self, reporter: ReporterPlan) -> None:
        polls, code = 0, 0
        if reporter.late_us:
            self.host.sleep(reporter.late_us * 1000)
        while (reporter.polls is None or polls < reporter.polls) and not (self._stop and code != 0):
            code = acl.rt.process_report(reporter.timeout)
            polls += 1

    def _finish(self) -> None:
        ending = self.plan.ending
        if ending is Ending.DRAIN:
            for _ in range(_MOST_ROUNDS):
                before = self.doer.launched.total()
                for context, stream in self.doer.streams:
                    self.doer.enter(context)
                    acl.rt.synchronize_stream(stream)
                if before == self.doer.launched.total() == self.doer.ran.total():
                    break
                self.host.sleep(1_000_000)
        elif ending is Ending.RESET:
            for device in dict.fromkeys(self.plan.contexts):
                acl.rt.reset_device(device)
        elif ending is Ending.FINALIZE:
            acl.finalize()
