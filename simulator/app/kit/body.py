"""The body of a test as what is run: once in an open session, or again and again as a subject of exploration."""

from __future__ import annotations

from collections.abc import Callable

from acl_api.errors import DeadlockError
from acl_api.session import Session
from simulator.app.kit.asked import Asked
from simulator.base.errors import InternalError, UserError
from simulator.engine.control.scope import Scope
from simulator.engine.hosts.baton import BatonDriver
from simulator.engine.hosts.ends import RunEnd
from simulator.engine.hosts.scheduler import Scheduler
from simulator.explore.function import FunctionSubject
from simulator.explore.subject import Failure, fingerprint_of


class Running:
    """A session that is open, the calling thread its main one; under the baton clocks and threads obey it, too.

    Raises UserError for a session on another host.
    """

    def __init__(self, session: Session) -> None:
        if not isinstance(session.host, Scheduler):
            raise UserError(f"a test runs on 'baton' or 'greenlets', and this session is on {session.host!r}")
        self.session = session
        self.host: Scheduler = session.host
        has_threads = isinstance(self.host.driver, BatonDriver)
        self._scope = Scope(self.host, watchdog=None) if has_threads else None
        self.host.current()  # declared before the first call, which could come from another thread
        if self._scope is not None:
            self._scope.open()

    def __repr__(self) -> str:
        return f"<running in {self.session!r}>"

    def finish(self) -> RunEnd:
        """Wait for the threads that are no daemons, and end the run, whatever that is."""
        try:
            if self._scope is not None:
                self._scope.finish()
            else:
                for thread in self.host.threads:
                    if not (
                        thread.ended or thread.daemon or thread.internal or thread is self.host.current()
                    ):
                        self.host.join(thread)
        except DeadlockError:  # the run's end says it
            pass
        return self.host.finish()

    def close(self) -> None:
        """Give clocks and threads back."""
        if self._scope is not None:
            self._scope.close()


class Body(FunctionSubject):
    """Runs a test's function as the main thread of a fresh session; its own threads obey the session, too."""

    def __init__(self, name: str, asked: Asked, function: Callable[[], object]) -> None:
        super().__init__(
            function,
            name=name,
            timing=asked.order,
            lost=asked.lost,
            strict=asked.strict,
            settings=asked.settings,
        )

    def drive(self, session: Session, values: list[object]) -> RunEnd:
        """Run the function on the calling thread; what it raises counts as raised by thread main."""
        running = Running(session)
        try:
            values.append(self.function())
            return running.finish()
        except DeadlockError:  # the run's end says it
            return running.host.finish()
        except Exception as error:  # noqa: BLE001 - whatever a test raises is its failure
            running.host.current().error = error
            return running.host.finish()
        finally:
            running.close()

    def end(self, running: Running) -> Failure | None:
        """Finish a run whose function has passed, and judge it."""
        end = running.finish()
        running.close()
        session = running.session
        session.close()
        if session.trace is None:
            raise InternalError("a session of a test keeps its trace")
        return self.judge(session, end, session.trace, fingerprint_of(session.trace))
