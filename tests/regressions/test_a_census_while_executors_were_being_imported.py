"""A thread that looked at the others while one imported executors died of an AttributeError of ours."""

from __future__ import annotations

import sys
from types import ModuleType

from simulator.engine.hosts.places import worker_without_work


def test_a_module_that_is_half_imported_has_no_workers(monkeypatch):
    name = "concurrent.futures.thread"
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    assert not worker_without_work(sys._getframe())  # noqa: SLF001 - its documented name
