"""What to think of one run of a program: how it failed, if it did, told so that the same failure is known again."""

from __future__ import annotations

import marshal
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from simulator.app.exploring.programs.facts import Facts
from simulator.base.trace import CallbackEnded, Chosen, ThreadEnded, Trace
from simulator.check.lost import find_lost
from simulator.check.ordering import check_ordering
from simulator.check.suite import check_trace
from simulator.engine.hosts.ends import RunEnd, RunKind
from simulator.explore.dependence import content_of
from simulator.explore.subject import Failure, Seen, end_state_of

if TYPE_CHECKING:
    from simulator.app.execution.running import Raised

_FINGERPRINT_BYTES: Final = 8


class Judge:
    """Judges the runs of one program; if *strict*, warnings and what was lost fail one, too.

    Where times mean nothing (not *timed*), runs with equal fingerprints are alike in all that is looked at: those
    that only repeat one that has passed, and many do, are not looked at again.
    """

    def __init__(self, *, strict: bool, timed: bool) -> None:
        self._strict = strict
        self._timed = timed
        self._sound: set[int] = set()

    def __repr__(self) -> str:
        return f"<judge who has let {len(self._sound)} runs pass>"

    def failure(self, facts: Facts, trace: Trace, fingerprint: int) -> Failure | None:
        """Return what is wrong with a run; None when it is as it should be."""
        ended_well = facts.end is None and not facts.code
        if ended_well and fingerprint in self._sound:
            return None
        failure = _failure(facts, trace, strict=self._strict)
        if failure is None and ended_well and not self._timed:
            self._sound.add(fingerprint)
        return failure


def seen_of(facts: Facts, judge: Judge, *, detail: bool) -> Seen:
    """Return the run as an explorer sees it."""
    trace = facts.trace()
    fingerprint = _fingerprint(trace)
    failure = judge.failure(facts, trace, fingerprint)
    end = "done" if facts.end is None else facts.end.kind.value
    return Seen(
        failure=failure,
        inconclusive=None if failure is not None else _doubt(facts),
        choices=facts.choices,
        trace=trace if detail else None,
        fingerprint=fingerprint,
        end_state=f"{end} {facts.code}; {end_state_of(trace)}",
        steps=facts.events,
    )


def _failure(facts: Facts, trace: Trace, *, strict: bool) -> Failure | None:
    """Return what is wrong with a run, the weightiest kind first; None for one that is as it should be."""
    # Threads that ran on while the run was being ended, or the program failed, are cut off in the middle of a call.
    closed = facts.end is None and not facts.code
    violations = check_ordering(trace, closed=closed)
    if violations:
        broken = sorted({violation.guarantee for violation in violations})
        return Failure("guarantee", tuple(broken), tuple(map(str, violations)))
    if facts.end is not None:
        return _stuck(facts, facts.end)
    if facts.code:
        return _ended_badly(facts.code, facts.raised)
    return _raised_elsewhere(trace) or _found(trace, strict=strict) or (_lost(trace) if strict else None)


def _doubt(facts: Facts) -> str | None:
    """Return why nothing can be concluded from a run that did not fail; None when it counts."""
    if facts.end is not None:
        return facts.end.text
    return "; ".join(facts.remarks) or None


def _stuck(facts: Facts, end: RunEnd) -> Failure | None:
    if end.kind is RunKind.INCONCLUSIVE:
        return None
    return Failure(end.kind.value, (end.kind.value, *facts.waiting), (end.text, *facts.chain))


def _ended_badly(code: int, raised: Raised | None) -> Failure:
    text = f"the program ended with exit code {code}"
    if raised is None:
        return Failure("error", (f"exit code {code}",), (text,))
    if raised.kind != SystemExit.__name__:
        return Failure("error", (raised.kind, *raised.places), (str(raised),))
    where = f" at {raised.places[0]}" if raised.places else ""
    # What `sys.exit(text)` prints; a number is the code itself, and so is the True that unittest ends with.
    said = () if raised.text.isdecimal() or raised.text == "True" else (raised.text,)
    return Failure("error", (f"exit code {code}", *raised.places), (f"{text}{where}", *said))


def _raised_elsewhere(trace: Trace) -> Failure | None:
    """Look for exceptions that nobody caught in threads and callbacks: Python goes on, and ends with 0."""
    threads = [(each.thread, each.error) for each in trace.of(ThreadEnded) if each.error is not None]
    callbacks = [
        (f"callback '{each.name}'", each.error) for each in trace.of(CallbackEnded) if each.error is not None
    ]
    raised = [(who, error.partition(":")[0], error) for who, error in (*threads, *callbacks)]
    if not raised:
        return None
    signature = sorted({f"{kind} in {who}" for who, kind, _ in raised})
    return Failure("error", tuple(signature), tuple(f"{who} raised {error}" for who, _, error in raised))


def _found(trace: Trace, *, strict: bool) -> Failure | None:
    severities = {"error", "warning"} if strict else {"error"}
    found = [each for each in check_trace(trace) if each.severity in severities]
    if not found:
        return None
    sentences = tuple(f"{each}; to mend: {each.fix}" for each in found)
    return Failure("finding", tuple(sorted({each.id for each in found})), sentences)


def _lost(trace: Trace) -> Failure | None:
    losses = find_lost(trace)
    if not losses:
        return None
    names = sorted({f"{loss.what} {loss.name}" for loss in losses})
    return Failure("lost", tuple(names), tuple(map(str, losses)))


def _fingerprint(trace: Trace) -> int:
    """Return a number that runs share, but for chance, when they do the same in the same order, at whatever times.

    Whatever process makes it, the number is the same; the hash of a text is not.
    """
    rows = [(type(record).__name__, content_of(record)) for record in trace if type(record) is not Chosen]
    # Version 2 of the format tells equal values alike, whoever else refers to them.
    digest = blake2b(marshal.dumps(rows, 2), digest_size=_FINGERPRINT_BYTES)
    return int.from_bytes(digest.digest(), "big")
