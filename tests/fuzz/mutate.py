"""Mutations of bytes, drawn from a seed: what fuzzing does where there is no atheris."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

# What readers of texts trip over: brackets, signs, numbers that are too large, bytes that are no text.
_PIECES: Final = (
    *(
        b"",
        b"\0",
        b"\xff",
        b"\n",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b" ",
        b"\t",
        b'"',
        b"'",
        b",",
        b":",
        b"=",
        b"#",
    ),
    *(b"[", b"]", b"{", b"}", b"[" * 200, b"{" * 20, b"-", b"-1", b"0", b"1e999", b"nan", b"9" * 30, b"0x10"),
    *(b"null", b"true", b"~", b"&a *a", b"<<: *a", b"!!python/name:os.system", b"---\n", b"..", b"/", b"\\"),
)
Change = Callable[[Random, bytearray, Sequence[bytes]], None]


def _drop(random: Random, data: bytearray, _others: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    del data[at : at + random.choice((1, 1, 2, 8, 40))]


def _insert(random: Random, data: bytearray, _others: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = random.choice(_PIECES)


def _replace(random: Random, data: bytearray, _others: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    piece = random.choice(_PIECES)
    data[at : at + max(1, len(piece))] = piece


def _flip(random: Random, data: bytearray, _others: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _repeat(random: Random, data: bytearray, _others: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    part = data[at : at + random.choice((1, 10, 80))]
    data[at:at] = part * random.choice((1, 1, 5))


def _splice(random: Random, data: bytearray, others: Sequence[bytes]) -> None:
    other = random.choice(others)
    cut, at = random.randrange(len(other) + 1), random.randrange(len(data) + 1)
    data[at:] = other[cut:]


_CHANGES: Final[tuple[Change, ...]] = (_drop, _insert, _insert, _replace, _replace, _flip, _repeat, _splice)


def mutations(examples: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield *count* mutations of *examples*, always the same for a seed."""
    random = Random(seed)
    for _ in range(count):
        data = bytearray(random.choice(examples))
        for _ in range(random.choice((1, 1, 2, 4))):
            random.choice(_CHANGES)(random, data, examples)
        yield bytes(data)
