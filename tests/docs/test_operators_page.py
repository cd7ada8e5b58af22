"""docs/operators.md: its example is a program, and what it calls not modelled is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from acl_api import operators
from acl_api.table import SURFACE

PAGE = (Path(__file__).parents[2] / "docs" / "operators.md").read_text("utf-8")


def test_the_example_registers_an_operator_that_adds(monkeypatch):
    monkeypatch.setattr(operators, "_registered", {})
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    space: dict[str, Any] = {}
    exec(found[1], space)  # noqa: S102 - what a reader would paste
    registered = operators.operator_of("Add")
    assert registered is not None
    assert registered.latency_ns == 12_000
    np = space["np"]
    out = np.zeros(2)
    space["add"]([np.ones(2), np.ones(2)], [out], {})
    assert list(out) == [2, 2]


def test_what_the_page_calls_not_modelled_is_not():
    named = re.findall(r"`(\w+)`", PAGE.partition("## Not modelled")[2].partition("`set_model_dir`")[0])
    assert named
    assert {SURFACE[f"acl.op.{name}"].status.value for name in named} == {"not modelled"}
