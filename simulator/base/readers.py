"""How the figures of a profile are read from its file: the metadata of the fields that hold them."""

from __future__ import annotations

from simulator.base.units import parse_duration, parse_rate, parse_size


def count(value: object) -> int:
    """Return a whole number of one or more; ValueError for anything else."""
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r} is not a whole number of one or more")
    return value


def number(value: object) -> int:
    """Return a whole number of zero or more; ValueError for anything else."""
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a whole number of zero or more")
    return value


def flag(value: object) -> bool:
    """Return true or false; ValueError for anything else."""
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004 - one error family for a file
    return value


def text(value: object) -> str:
    """Return a text that is not empty; ValueError for anything else."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a text")
    return value


# Metadata of a dataclass field: how its value is read from the file.
COUNT = {"read": count}
NUMBER = {"read": number}
FLAG = {"read": flag}
SIZE = {"read": parse_size}
RATE = {"read": parse_rate}
DURATION = {"read": parse_duration}
