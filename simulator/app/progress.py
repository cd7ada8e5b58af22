"""A line on stderr that says how far a long run is: only on a terminal, only after a second, gone at the end.

It looks at the run from outside, at the clock and the trace of the current session.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from acl_api.session import current_session
from simulator.base.units import format_duration

_PATIENCE_S: Final = 1.0
_PER_SECOND: Final = 4


def progress_text(title: str) -> str:
    """Return what is known of the current run, in one line."""
    session = current_session()
    if session is None:
        return f"{title}: checking the trace"
    records = f", {len(session.trace):,} records" if session.trace is not None else ""
    return f"{title}: {format_duration(session.kernel.now)} simulated{records}"


@contextmanager
def shown_progress(title: str, *, wanted: bool) -> Iterator[None]:
    """Show a progress line while the block runs, if *wanted*, stderr is a terminal and it takes a while."""
    if not (wanted and sys.stderr.isatty()):
        yield
        return
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner

    spinner = Spinner("line")

    def line() -> Spinner:
        spinner.update(text=progress_text(title))
        return spinner

    live = Live(
        get_renderable=line, console=Console(stderr=True), transient=True, refresh_per_second=_PER_SECOND,
        redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip
    stop = _after(_PATIENCE_S, live.start)
    try:
        yield
    finally:
        # Also on Ctrl-C: it shows the cursor again.
        stop()
        live.stop()


def _after(seconds: float, act: Callable[[], None]) -> Callable[[], None]:
    """Call *act* once after *seconds* of real time, by a signal: the model's threads are not real ones."""

    def alarm(_number: int, _frame: FrameType | None) -> None:
        act()

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)

    def stop() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    return stop
