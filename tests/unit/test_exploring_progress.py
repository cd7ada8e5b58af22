"""The bar of `aclsim explore`: only on a terminal, without a thread of its own, gone at the end."""

from __future__ import annotations

import io
import threading

import pytest

from simulator.app.exploring.progress import shown_exploring
from simulator.explore import Bounds, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nobody_is_called_when_stderr_is_no_terminal(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with shown_exploring("my.yaml", Bounds(), wanted=True) as look:
        assert look is None


def test_the_bar_says_how_far_it_is_and_starts_no_thread(monkeypatch: pytest.MonkeyPatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    before = threading.active_count()
    with shown_exploring("my.yaml", Bounds(schedules=100), wanted=True) as look:
        assert look is not None
        look(Progress(50, 20, 0.5, "bounded"))
        assert threading.active_count() == before
    assert "50 runs, 20 different, bounded" in terminal.getvalue()
