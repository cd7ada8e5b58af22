"""A small run as a picture: one SVG with a row per stream and per host thread.

Meant for documents and bug reports, where a reader sees at a glance who waited for whom; large traces belong
into `chrome`. A pure function of the trace: equal traces give equal text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from simulator.base.errors import UserError
from simulator.base.trace import (
    Blocked,
    CallbackEnded,
    CallbackStarted,
    Called,
    Record,
    ReportPosted,
    Submitted,
    TaskDropped,
    TaskRan,
    ThreadEnded,
    ThreadStarted,
)
from simulator.base.units import format_duration

_WIDTH: Final = 960
_LEFT: Final = 130
_ROW: Final = 38
_BAR: Final = 20
_TOP: Final = 44
_LETTER: Final = 6.4
_MOST_ROWS: Final = 40
_TICKS: Final = 8
# Colours that stay apart for colour-blind readers (Okabe and Ito), and in grey.
_COLOURS: Final = {
    "execute": "#0072b2",
    "copy": "#009e73",
    "set": "#009e73",
    "reduce": "#009e73",
    "cache": "#009e73",
    "held": "#e69f00",
    "callback": "#d55e00",
    "wait": "#b9b9b9",
}
_LEGEND: Final = (
    ("execute", "model run"),
    ("copy", "copy or set"),
    ("held", "stream held"),
    ("callback", "callback function"),
    ("wait", "host thread waits"),
)
_HOLDING: Final = ("wait", "notify-wait", "callback")


@dataclass(frozen=True, slots=True)
class _Bar:
    row: str
    start: int
    end: int
    colour: str
    text: str
    inner: bool = False  # inside a callback: drawn over it, lower


def timeline_svg(trace: Iterable[Record], *, title: str, until: int | None = None) -> str:
    """Draw the run up to *until* ns (default: its last task, callback or blocking call).

    Raises UserError for a trace of more than 40 streams and threads: such a picture explains nothing.
    """
    records = list(trace)
    bars = _bars(records)
    streams = list(dict.fromkeys(record.stream for record in records if isinstance(record, Submitted)))
    threads = [record.thread for record in records if isinstance(record, ThreadStarted)]
    rows = [*(f"stream {name}" for name in streams), *threads]
    if len(rows) > _MOST_ROWS:
        msg = (
            f"the run has {len(rows)} streams and threads; a picture shows {_MOST_ROWS}: use --trace instead"
        )
        raise UserError(msg)
    end = max([bar.end for bar in bars if bar.colour != "wait"] or [1]) if until is None else until
    hanging = _hanging(records)
    if hanging and until is None:  # room to show that it goes on
        end = max(end, *(start for start, _ in hanging.values())) * 5 // 4
    bars = _unfinished(records, hanging, end) + bars
    return "\n".join(_document(records, rows, bars, title, max(end, 1))) + "\n"


def write_picture(path: Path, svg: str) -> None:
    """Write the picture in one piece; UserError when the place cannot be written."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(svg, "utf-8")
        part.replace(path)
    except OSError as problem:
        part.unlink(missing_ok=True)
        msg = f"{path}: the picture cannot be written there ({problem.strerror})"
        raise UserError(msg) from problem


def _bars(records: list[Record]) -> list[_Bar]:
    """Collect what has a length: tasks on streams, blocking calls and callbacks on threads."""
    bars: list[_Bar] = []
    inside: dict[tuple[str, str, int], int] = {}
    ran_last: dict[str, int] = {}
    for record in records:
        if isinstance(record, TaskRan) and record.time > record.start:
            colour = "held" if record.kind in _HOLDING else record.kind
            text = "held" if colour == "held" else record.name
            bars.append(_Bar(f"stream {record.stream}", record.start, record.time, colour, text))
        elif isinstance(record, Called) and record.time > record.began:
            # A call that ran callbacks has them drawn over it: its name would be cut off.
            text = "" if ran_last.get(record.thread, -1) >= record.began else record.op
            bars.append(_Bar(record.thread, record.began, record.time, "wait", text))
        elif isinstance(record, CallbackStarted):
            inside[record.thread, record.stream, record.seq] = record.time
        elif isinstance(record, CallbackEnded):
            start = inside.pop((record.thread, record.stream, record.seq), record.time)
            ran_last[record.thread] = record.time
            bars.append(_Bar(record.thread, start, record.time, "callback", record.name))
    # Waits lie under what the thread does inside them.
    return sorted(bars, key=lambda bar: (bar.colour != "wait", bar.start))


def _hanging(records: list[Record]) -> dict[str, tuple[int, str]]:
    """Return the threads that are still inside a call when the trace ends: since when, and which."""
    inside: dict[str, tuple[int, str]] = {}
    for record in records:
        if isinstance(record, Blocked):
            inside[record.thread] = (record.time, record.op)
        elif isinstance(record, Called | ThreadEnded | CallbackStarted):
            inside.pop(record.thread, None)
    return inside


def _unfinished(records: list[Record], hanging: dict[str, tuple[int, str]], end: int) -> list[_Bar]:
    """Draw what never ended up to the edge: held streams, callbacks in a wait, waiting threads."""
    running: dict[str, CallbackStarted] = {}
    left: dict[str, int] = {}
    bars = []
    for record in records:
        if isinstance(record, CallbackStarted):
            running[record.thread] = record
        elif isinstance(record, CallbackEnded):
            running.pop(record.thread, None)
        elif isinstance(record, TaskRan):
            left[record.stream] = record.time
        elif isinstance(record, TaskDropped) and hanging and left.get(record.stream, 0) < end:
            start = left.get(record.stream, 0)
            bars.append(_Bar(f"stream {record.stream}", start, end, "held", "held …"))
            left[record.stream] = end
    bars += [_Bar(thread, item.time, end, "callback", f"{item.name} …") for thread, item in running.items()]
    bars += [
        _Bar(thread, start, end, "wait", f"{op} …", inner=thread in running)
        for thread, (start, op) in hanging.items()
    ]
    return bars


def _document(records: list[Record], rows: list[str], bars: list[_Bar], title: str, end: int) -> list[str]:
    height = _TOP + _ROW * len(rows) + 64
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
            f'height="{height}" font-family="sans-serif" font-size="12" role="img">'
        ),
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    place = {row: _TOP + _ROW * at for at, row in enumerate(rows)}
    for row, y in place.items():
        lines.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 16}" y1="{y + 36}" y2="{y + 36}" stroke="#e4e4e4"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 18}" text-anchor="end">{escape(row)}</text>')
    lines += [line for bar in bars if bar.row in place for line in _drawn(bar, place[bar.row], end)]
    lines += _arrows(records, place, end)
    lines += _axis(_TOP + _ROW * len(rows) + 8, end)
    lines += _legend(height - 14)
    return [*lines, "</svg>"]


def _x(time: int, end: int) -> float:
    return round(_LEFT + (_WIDTH - 16 - _LEFT) * min(time, end) / end, 1)


def _drawn(bar: _Bar, y: int, end: int) -> list[str]:
    left, right = _x(bar.start, end), _x(bar.end, end)
    width = max(round(right - left, 1), 1.0)
    colour = _COLOURS.get(bar.colour, "#56b4e9")
    top, height = (y + 21, _BAR - 6) if bar.inner else (y + 4, _BAR)
    where = f'x="{left}" y="{top}" width="{width}" height="{height}"'
    tip = f"{bar.text}: {format_duration(bar.start)} to {format_duration(bar.end)}"
    lines = [f'<rect {where} fill="{colour}" stroke="#ffffff"><title>{escape(tip)}</title></rect>']
    letters = int((width - 8) / _LETTER)
    if bar.text and letters >= min(len(bar.text), 5):
        text = bar.text if len(bar.text) <= letters else bar.text[: letters - 1] + "…"
        ink = "#000000" if bar.colour in ("wait", "held") else "#ffffff"
        lines.append(
            f'<text x="{left + 4}" y="{top + (11 if bar.inner else 14)}" fill="{ink}">{escape(text)}</text>'
        )
    return lines


def _arrows(records: list[Record], place: dict[str, int], end: int) -> list[str]:
    """Draw report to callback: from the stream that posted it to the function's start on its thread."""
    posted = {
        (record.stream, record.seq): record.time for record in records if isinstance(record, ReportPosted)
    }
    lines = []
    for record in records:
        if isinstance(record, CallbackStarted) and (record.stream, record.seq) in posted:
            source, target = place.get(f"stream {record.stream}"), place.get(record.thread)
            if source is not None and target is not None:
                x1, x2 = _x(posted[record.stream, record.seq], end), _x(record.time, end)
                tip, base = target + 4, target - 3
                lines.append(f'<path d="M{x1} {source + 24} L{x2} {tip}" stroke="#333333" fill="none"/>')
                lines.append(f'<path d="M{x2 - 4} {base} L{x2} {tip} L{x2 + 4} {base} z" fill="#333333"/>')
    return lines


def _axis(y: int, end: int) -> list[str]:
    step = _nice(end / _TICKS)
    lines = []
    for tick in range(0, end + 1, step):
        x = _x(tick, end)
        lines.append(
            f'<line x1="{x}" x2="{x}" y1="{_TOP}" y2="{y}" stroke="#cccccc" stroke-dasharray="2 3"/>'
        )
        lines.append(f'<text x="{x}" y="{y + 14}" text-anchor="middle">{format_duration(tick)}</text>')
    return lines


def _nice(step: float) -> int:
    """Round up to 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= step:
                return factor * power
        power *= 10


def _legend(y: int) -> list[str]:
    lines, x = [], _LEFT
    for kind, text in _LEGEND:
        lines.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{_COLOURS[kind]}"/>')
        lines.append(f'<text x="{x + 17}" y="{y}">{text}</text>')
        x += 40 + int(len(text) * _LETTER)
    return lines
