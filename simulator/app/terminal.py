"""Writing for people: colour only where it is seen and wanted, and no complaint when the reader has left."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Final, TextIO

import click

from simulator.base.errors import UserError

_ERROR_COLOURS: Final = {"failed": "red", "deadlock": "red", "stalled": "red", "error": "red"}
_COLOURS: Final = {
    **_ERROR_COLOURS,
    "passed": "green",
    "held": "green",
    "full": "green",
    "inconclusive": "yellow",
    "warning": "yellow",
    "reported": "yellow",
    "partial": "yellow",
    "unchecked": "yellow",
}


def out(text: str = "") -> None:
    """Write a line to stdout."""
    _write(text, sys.stdout, err=False)


def err(text: str = "") -> None:
    """Write a line to stderr."""
    _write(text, sys.stderr, err=True)


def closing(word: str, text: str) -> None:
    """Write the last line of stderr: what became of it all."""
    err(f"aclsim: {tinted(word)}: {text}")


def tinted(word: str, width: int = 0) -> str:
    """Return a status word in its colour, padded to *width*."""
    colour = _COLOURS.get(word)
    padding = " " * (width - len(word))
    return f"{click.style(word, fg=colour, bold=True) if colour else word}{padding}"


def columns(rows: Sequence[Sequence[str]], *, indent: str = "  ") -> Iterable[str]:
    """Yield *rows* with their cells in aligned columns; all rows have the same number of cells."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield f"{indent}{'  '.join(cells)}".rstrip()


def wants_colour() -> bool | None:
    """Tell click never to colour (False) or to look whether it writes to a terminal (None)."""
    return False if os.environ.get("NO_COLOR") else None


def _write(text: str, stream: TextIO, *, err: bool) -> None:
    try:
        click.echo(text, err=err, color=wants_colour())
    except BrokenPipeError:
        # The reader has seen enough, as in `aclsim run … | head`; the exit code still counts.
        _discard(stream)
    except OSError as error:
        _discard(stream)
        if not err:
            reason = error.strerror or error
            raise UserError(
                f"the output cannot be written: {reason}; make room, or send it elsewhere"
            ) from None
    except UnicodeEncodeError:
        click.echo(text.encode("ascii", "backslashreplace").decode("ascii"), err=err, color=wants_colour())


def _discard(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
