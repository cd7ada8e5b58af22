"""Running a program once in a given order, in this process, as `aclsim exec` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from simulator.app.execution.running import Running
from simulator.app.execution.telling import Told
from simulator.engine.choice import Chooser, Recorder

if TYPE_CHECKING:
    from simulator.app.execution.options import ExecOptions
    from simulator.app.execution.target import Target


def run_with(
    chooser: Chooser, target: Target, options: ExecOptions, notes: Callable[[], list[str]] = list
) -> NoReturn:
    """Run the program in the order *chooser* decides, tell how it ended, and end the process.

    The lines that *notes* returns when the program is over are told as notes. Raises `UserError` when there is no
    such program or machine.
    """
    Running(target, options, lambda: Told(notes), Recorder(chooser)).run()
