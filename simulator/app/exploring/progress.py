"""How far an exploration is: a bar on stderr, on a terminal only, gone at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.explore.bounds import Bounds
    from simulator.explore.exploring import Progress

_EVERY_SECONDS: Final = 0.1


@contextmanager
def shown_exploring(
    title: str, bounds: Bounds, *, wanted: bool
) -> Iterator[Callable[[Progress], None] | None]:
    """Give what `explore` is to call after each run; None when nobody would see it.

    The bar fills up as the budget of *bounds* is used; without one it only says that work goes on.
    """
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True, auto_refresh=False, redirect_stdout=False,
        redirect_stderr=False,
    )  # fmt: skip
    total = bounds.schedules or bounds.seconds
    task = bar.add_task(title, total=total, said="")
    shown = 0.0

    def look(progress: Progress) -> None:
        nonlocal shown
        # Runs may come by the thousand each second; drawing must not slow them down.
        if progress.seconds - shown < _EVERY_SECONDS:
            return
        shown = progress.seconds
        done = progress.schedules if bounds.schedules else progress.seconds
        bar.update(task, completed=done if total else None, said=str(progress))
        bar.refresh()  # by hand: workers are forked meanwhile, and a thread that draws would be in their way

    with bar:
        yield look
