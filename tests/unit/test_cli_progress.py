"""The progress line: only on a terminal, only after a while, and gone at the end."""

from __future__ import annotations

import contextlib
import io
import signal

import pytest

from acl_api.session import Session, current
from simulator.app.progress import progress_text, shown_progress


class Terminal(io.StringIO):
    """Where a person looks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def alarms(monkeypatch):
    """What the alarm clock is set to, in seconds; it never rings by itself, however slow the machine is."""
    seconds: list[float] = []
    monkeypatch.setattr(signal, "setitimer", lambda _which, after: seconds.append(after))
    return seconds


def test_the_line_tells_the_clock_and_the_records_of_the_current_session(monkeypatch):
    monkeypatch.setattr(current, "session", None)  # whatever a test before this one left open
    with Session():
        assert progress_text("hello") == "hello: 0s simulated, 0 records"
    assert progress_text("hello") == "hello: checking the trace"


def test_a_short_run_shows_nothing(alarms):
    screen = Terminal()
    with contextlib.redirect_stderr(screen), shown_progress("hello", wanted=True):
        assert alarms == [1.0]
        assert signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL
    assert alarms == [1.0, 0]
    assert screen.getvalue() == ""


def test_a_long_run_shows_a_line_and_gives_the_cursor_back_even_when_interrupted(alarms, monkeypatch):
    def long_run() -> None:
        with shown_progress("hello", wanted=True):
            signal.raise_signal(signal.SIGALRM)  # the second is over
            raise KeyboardInterrupt

    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    with contextlib.redirect_stderr(screen), pytest.raises(KeyboardInterrupt):
        long_run()
    said = screen.getvalue()
    assert "hello" in said
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l")
    assert alarms[-1] == 0


def test_nothing_is_shown_where_nobody_looks():
    log = io.StringIO()
    before = signal.getsignal(signal.SIGALRM)
    with contextlib.redirect_stderr(log), shown_progress("hello", wanted=True):
        assert signal.getsignal(signal.SIGALRM) is before
    assert log.getvalue() == ""
