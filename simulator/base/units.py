"""Durations and sizes: text with a unit outside, whole nanoseconds and whole bytes inside.

Numbers without a unit are refused where a person writes them ("3" may mean 3 ms to one reader and 3 us to
the next); functions that take plain numbers carry the unit in their name. All arithmetic is exact: no float
is involved.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from simulator.base.errors import UserError

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000

# From large to small: of two spellings of equal length the formatters take the first.
_MOST_WHOLE_DIGITS = 3
_MOST_PLACES_OF_HOURS = 2
_DURATIONS = {
    "h": 3_600 * NS_PER_S,
    "min": 60 * NS_PER_S,
    "s": NS_PER_S,
    "ms": NS_PER_MS,
    "us": NS_PER_US,
    "ns": 1,
}
_SIZES = {
    "TiB": 1 << 40,
    "TB": 10**12,
    "GiB": 1 << 30,
    "GB": 10**9,
    "MiB": 1 << 20,
    "MB": 10**6,
    "KiB": 1 << 10,
    "kB": 10**3,
    "B": 1,
}
_QUANTITY = re.compile(r"\s*(?P<whole>[0-9]+)(?:\.(?P<fraction>[0-9]+))?\s*(?P<unit>[^\s0-9.+-]*)\s*")
_LONGEST_TEXT = 64
# A value over any unit above has at most 40 decimal places (TiB = 2**40), if it ends at all.
_PLACES = 40


class UnitError(UserError, ValueError):
    """A duration, size or rate that cannot be read exactly; the message says how to write it."""


def parse_duration(text: object) -> int:
    """Nanoseconds of a text such as "3us", "2.8 ms", "90s", "1h".

    Raises `UnitError` (a ValueError) for a missing or unknown unit, a negative or malformed number, and a
    duration that is not a whole number of nanoseconds.
    """
    return _parse(text, _DURATIONS, what="duration", example="3us", smallest="nanosecond")


def parse_size(text: object) -> int:
    """Bytes of a text such as "64MiB", "1.5 GiB", "24GB", "512B"; binary and decimal units differ.

    Raises `UnitError` (a ValueError) as `parse_duration` does.
    """
    return _parse(text, _SIZES, what="size", example="64MiB", smallest="byte")


def parse_rate(text: object) -> int:
    """Bytes per second of a text such as "25 GB/s". Raises `UnitError` (a ValueError), also for zero."""
    if not isinstance(text, str) or not text.rstrip().endswith("/s"):
        raise UnitError(f"rate {_shown(text)} is not a size per second: write it like '25GB/s'")
    rate = parse_size(text.rstrip().removesuffix("/s"))
    if rate == 0:
        raise UnitError(f"rate {text!r} is zero: nothing would ever arrive")
    return rate


def format_duration(ns: int) -> str:
    """An exact, short text of a duration: "400us", "103.225ms", "1h"; `parse_duration` gives `ns` back."""
    return _format(ns, _DURATIONS, _reading_effort, what="duration", zero="0s")


def format_size(size: int) -> str:
    """An exact, short text of a number of bytes: "64MiB", "24GB"; `parse_size` gives `size` back."""
    return _format(size, _SIZES, what="size", zero="0B")


def ms_to_ns(milliseconds: int) -> int:
    """Nanoseconds of whole milliseconds; -1 ("for ever" at the API) is for the caller to handle."""
    if milliseconds < 0:
        raise UnitError(
            f"{milliseconds} ms is negative: -1 means 'for ever' only at the API, not as a duration"
        )
    return milliseconds * NS_PER_MS


def timeout_ns(milliseconds: int) -> int | None:
    """Return a timeout of the API in ns; None, which is for ever, for -1."""
    return None if milliseconds == -1 else ms_to_ns(milliseconds)


def _parse(text: object, units: dict[str, int], *, what: str, example: str, smallest: str) -> int:
    known = " ".join(reversed(units))
    if not isinstance(text, str):
        raise UnitError(
            f"{what} {_shown(text)} has no unit: write text with one of {known}, like '{example}'"
        )
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    if match is None:
        problem = "is negative" if text.strip().startswith("-") else "is not a number with a unit"
        raise UnitError(f"{what} {_shown(text)} {problem}: write it like '{example}' (units: {known})")
    unit, fraction = match["unit"], match["fraction"] or ""
    if not unit:
        raise UnitError(f"{what} {text!r} has no unit: add one of {known}, for example '{example}'")
    if unit not in units:
        raise UnitError(f"{what} {text!r} has an unknown unit {unit!r}: use one of {known} (case matters)")
    places: int = 10 ** len(fraction)
    amount, rest = divmod(int(match["whole"] + fraction) * units[unit], places)
    if rest:
        raise UnitError(f"{what} {text!r} is not a whole number of {smallest}s: round it to the {smallest}")
    return amount


def _length(text: str) -> tuple[bool, int]:
    """Put the shortest first."""
    return False, len(text)


def _reading_effort(text: str) -> tuple[bool, int]:
    """Put 103.225ms before 103225us, and 22952.942s before 382.5490333min; of equals, the shortest first."""
    number = text.rstrip("hminsu")
    whole, _, fraction = number.partition(".")
    unit = text.removeprefix(number)
    long_fraction = len(fraction) > _MOST_PLACES_OF_HOURS
    awkward = long_fraction if unit in ("h", "min") else unit != "s" and len(whole) > _MOST_WHOLE_DIGITS
    return awkward, len(text)


def _format(
    amount: int,
    units: dict[str, int],
    effort: Callable[[str], tuple[bool, int]] = _length,
    *,
    what: str,
    zero: str,
) -> str:
    if amount < 0:
        raise UnitError(f"{what} {amount} is negative and has no text")
    if amount == 0:
        return zero
    spellings = (
        f"{number}{unit}" for unit, scale in units.items() if (number := _decimal(amount, scale)) is not None
    )
    return min(spellings, key=effort)


def _decimal(amount: int, scale: int) -> str | None:
    """`amount / scale` as an exact decimal of at least one, or None if there is none."""
    scaled, rest = divmod(amount * 10**_PLACES, scale)
    if rest or amount < scale:
        return None
    whole, places = divmod(scaled, 10**_PLACES)
    fraction = f"{places:0{_PLACES}d}".rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)


def _shown(value: object) -> str:
    """A repr short enough for a message, whatever was passed."""
    text = repr(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."
