"""What a run lost: callbacks that were launched and never run, tasks that were dropped, in sentences.

Ending the program before a report thread polled is legal on hardware, and silent there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from simulator.base.trace import Record
from simulator.check.ordering.facts import Facts, read_all
from simulator.check.ordering.launches import Launch, StreamFacts

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Loss:
    """One launch whose work never happened; `seq` is its first task, `records` are places in the trace."""

    what: str
    name: str
    stream: str
    seq: int
    reason: str
    site: str | None
    records: tuple[int, ...]

    @property
    def is_callback(self) -> bool:
        """Whether a user's function was never entered; otherwise device work was dropped."""
        return self.what != "task"

    def __str__(self) -> str:
        return in_sentences((self,))[0]


def find_lost(trace: Iterable[Record]) -> tuple[Loss, ...]:
    """Return what was launched in vain in *trace*, a run that has ended, in the order of the launches."""
    facts = Facts.of(trace)
    read_all(trace, (facts,))
    return losses_of(facts)


def losses_of(facts: Facts) -> tuple[Loss, ...]:
    """Return the same from the facts of the whole trace."""
    launches = [(stream, launch) for stream in facts.streams.values() for launch in stream.launches]
    launches.sort(key=lambda pair: pair[1].index)
    return tuple(loss for stream, launch in launches if (loss := _loss(facts, stream, launch)) is not None)


def in_sentences(losses: Iterable[Loss]) -> tuple[str, ...]:
    """Return one sentence per kind of loss: equal functions, streams and reasons are told together."""
    groups: dict[tuple[str, str, str, str], list[Loss]] = {}
    for loss in losses:
        groups.setdefault((loss.what, loss.name, loss.stream, loss.reason), []).append(loss)
    return tuple(_sentence(group) for group in groups.values())


def _loss(facts: Facts, stream: StreamFacts, launch: Launch) -> Loss | None:
    submitted = launch.submitted
    if launch.is_callback:
        if launch.started:
            return None
        what = "host function" if submitted.kind == "host-func" else "callback"
        reason, place = _why_never_run(facts, stream, launch)
    elif launch.dropped is not None:
        what, reason, place = "task", launch.dropped.reason, launch.dropped_index
    else:
        return None
    name = submitted.name if launch.is_callback else f"{submitted.kind} {submitted.name}"
    places = tuple(place for place in (launch.index, place) if place >= 0)
    return Loss(what, name, stream.name, submitted.first, reason, submitted.site, places)


def _why_never_run(facts: Facts, stream: StreamFacts, launch: Launch) -> tuple[str, int]:
    if launch.lost is not None:
        return launch.lost.reason, launch.lost_index
    if launch.posted is not None:
        thread, device = launch.posted.thread, launch.posted.device
        key = (launch.submitted.stream, launch.posted.seq)
        if key in facts.queues.get((thread, device), {}):
            return (
                f"its report was still in the queue of {thread}, which did not call process_report",
                launch.posted_index,
            )
        return (
            f"{thread} took its report, but its process_report ended before running it",
            launch.posted_index,
        )
    if launch.dropped is not None:
        return launch.dropped.reason, launch.dropped_index
    if launch.submitted.first in stream.left:
        return "its task left the stream without posting a report", stream.left[launch.submitted.first]
    ahead = stream.oldest_queued()
    if ahead is not None and ahead < launch.submitted.first:
        return f"it was still queued behind {stream.describe(ahead)} when the run ended", -1
    return "it was still queued when the run ended", -1


def _sentence(group: list[Loss]) -> str:
    loss, count = group[0], len(group)
    what = loss.what if count == 1 else f"{count} {loss.what}s"
    seqs = [str(each.seq) for each in group[:_SHOWN]]
    more = f" and {count - len(seqs)} more" if count > len(seqs) else ""
    tasks = f"{'task' if count == 1 else 'tasks'} {', '.join(seqs)}{more} of {loss.stream}"
    sites = sorted({each.site for each in group if each.site is not None})
    site = f", launched at {sites[0]}{' and elsewhere' if len(sites) > 1 else ''}" if sites else ""
    happened = "never ran" if loss.is_callback else f"{'was' if count == 1 else 'were'} dropped"
    return f"{what} {loss.name!r} ({tasks}{site}) {happened}: {loss.reason}"
