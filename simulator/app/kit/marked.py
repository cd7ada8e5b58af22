"""One test with a machine of its own: how it is run, and what is said when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import pytest

from acl_api.errors import DeadlockError
from acl_api.forks import Refused
from acl_api.session import Session, current, current_session
from simulator.app.exploring.telling import findings_beside
from simulator.app.findings import lines_by_severity
from simulator.app.kit.asked import asked_of
from simulator.app.kit.body import Body, Running
from simulator.app.kit.replayed import chooser_of, command_of, token_of
from simulator.base.errors import UserError
from simulator.engine.choice import First, Recorder, Seeded
from simulator.explore.deviations import Deviating, deviations_of
from simulator.explore.exploring import explore
from simulator.explore.report import Counterexample, examine
from simulator.explore.subject import Failure
from simulator.explore.tokens import LONGEST_LINE

if TYPE_CHECKING:
    from simulator.engine.choice import Chooser
    from simulator.explore.subject import Seen

_OUTSIDE: Final = (
    "a test that is explored runs many times, its fixtures once: make this call in the test, or in a function that "
    "it calls"
)


_OURS: Final = frozenset({"acl", "aclsim_session"})

T = TypeVar("T")


class Current:
    """Stands for the session of whichever run is going on: a test that is explored has one after the other."""

    def __repr__(self) -> str:
        return f"<the current session, {current_session()!r}>"

    def __getattr__(self, name: str) -> object:
        return getattr(current_session(), name)


class Marked:
    """A test that asked for a session. `seed` and `token` are what the command line asks for."""

    def __init__(self, item: pytest.Function, seed: int | None, token: str | None) -> None:
        self._asked = _or_fail(
            lambda: asked_of((mark.args, mark.kwargs) for mark in item.iter_markers("aclsim"))
        )
        self._nodeid = item.nodeid
        self._path: Deviating | None = None if token is None else _or_fail(lambda: chooser_of(token))
        self._seed = self._asked.seed if seed is None else seed
        self._recorder: Recorder | None = None
        self._running: Running | None = None
        # What fixtures have opened they close after the test: only then is its run over.
        self._ends_late = _in_fixtures(item)
        self._unjudged: Body | None = None

    def __repr__(self) -> str:
        return f"<marked {self._nodeid}, {self._asked}>"

    @property
    def order(self) -> str | None:
        """In which order the test ran, and how to have it again; None when its failure says so itself."""
        if self._recorder is None:
            return None
        if self._path is not None:
            return "\n".join(["in the order of the token", *map(str, self._path.missed)])
        token = token_of(self._nodeid, deviations_of(self._recorder.records))
        if self._seed is None:
            return "in the friendly order"
        return f"in the order of seed {self._seed}\nto run it again: {command_of(token)}"

    @contextmanager
    def opened(self) -> Iterator[object]:
        """Open the session, and close it when the test is over; give what the test calls its session."""
        if self._asked.explore and self._path is None:
            before = current.calls, current.session
            current.calls, current.session = Refused(_OUTSIDE), None
            try:
                yield Current()
            finally:
                current.calls, current.session = before
            return
        self._recorder = Recorder(self._chooser())
        asked, recorder = self._asked, self._recorder
        session = _or_fail(lambda: Session(chooser=recorder, timing=asked.order, **asked.settings))
        with session:
            running = self._running = Running(session)
            try:
                yield session
                if self._unjudged is not None:
                    _judge(self._unjudged, running)
            finally:
                running.close()

    def _chooser(self) -> Chooser:
        if self._path is not None:
            return self._path
        return First() if self._seed is None else Seeded(self._seed)

    def run(self, function: Callable[[], object]) -> str | None:
        """Run the body; return what exploring has shown, None for a test that runs once."""
        __tracebackhide__ = True
        body = Body(self._nodeid, self._asked, function)
        if self._running is None:
            return self._explored(body)
        try:
            function()
        except DeadlockError as error:
            stuck: DeadlockError | None = error
        else:
            stuck = None
        if stuck is not None:  # its chain names the lines; a traceback would show ours
            pytest.fail(str(stuck), pytrace=False)
        if self._ends_late:
            self._unjudged = body
        else:
            _judge(body, self._running)
        return None

    def _explored(self, body: Body) -> str:
        __tracebackhide__ = True
        asked, seed = self._asked, self._seed or 0
        result = _or_fail(
            lambda: explore(body, strategy=asked.strategy, bounds=asked.bounds, seed=seed, jobs=asked.jobs)
        )
        if result.seen is None or result.failure is None:
            return str(result)
        found = examine(body, result.seen)
        pytest.fail("\n".join(self._lines(found, result.schedules, result.seen)), pytrace=False)

    def _lines(self, found: Counterexample, schedules: int, seen: Seen) -> Iterator[str]:
        yield _told(found.failure)
        yield ""
        yield from found.lines()
        for severity, lines in lines_by_severity(findings_beside(found), notes=False):
            yield from (f"{severity}: {line}" for line in lines)
        yield f"found in run {schedules}, {seen.deviations} deviations before shrinking"
        token = token_of(self._nodeid, found.deviations)
        if len(str(token)) <= LONGEST_LINE:
            yield f"token: {token}"
            yield f"to run it again: {command_of(token)}"


def _judge(body: Body, running: Running) -> None:
    __tracebackhide__ = True
    failure = body.end(running)
    if failure is not None:
        pytest.fail(_told(failure), pytrace=False)


def _in_fixtures(item: pytest.Function) -> bool:
    """Tell whether a fixture of the test's uses the session, as far as fixtures say in their parameters."""
    known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 - the plan of fixtures has no public name
    others = (each for name, defined in known.items() if name not in _OURS for each in defined)
    return any(not _OURS.isdisjoint(each.argnames) for each in others)


def _or_fail(make: Callable[[], T]) -> T:
    """Do it; what the user has asked for and cannot have fails the test, in our words only."""
    __tracebackhide__ = True
    try:
        return make()
    except UserError as error:
        wrong = str(error)
    pytest.fail(wrong, pytrace=False)


def _told(failure: Failure) -> str:
    first, *more = failure.sentences or (failure.kind,)
    numbered = (f"  {number}. {sentence}" for number, sentence in enumerate(more, start=1))
    return "\n".join([f"{failure.kind}: {first}", *numbered])
