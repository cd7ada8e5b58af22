"""Tokens: a failure in a line of text that can be pasted into a report and run again.

A token says what was run (name, hash of its content, settings, version of this package) and the deviations from the
friendly order, nothing else: neither the strategy that found it nor the choices that were the default. It is
compressed with a dictionary of the words that nearly every token has, so that most fit in two lines.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from simulator import __version__
from simulator.base.errors import UserError
from simulator.base.units import format_size
from simulator.explore.deviations import Deviation

Setting = str | int | bool | tuple[str, ...]

# The first characters of every token: what it is, and the version of this format.
PREFIX: Final = "acl1."
# Longer ones go into a file (`aclsim explore --token FILE`).
LONGEST_LINE: Final = 2_000
LARGEST_TOKEN: Final = 1 << 20
_LARGEST_TEXT: Final = 8 << 20
_MOST_DEVIATIONS: Final = 100_000
_CHECK_BYTES: Final = 3
_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]+")
_FIELDS: Final = 7
# Frequent texts last: that is where the compressor finds them cheapest. Part of the format: changing it needs a new
# prefix.
_WORDS: Final = (
    "notify-1,device-0,event-1,Ascend310P,Ascend910,stop,costs,null,gil,strict,queue,module,code,fault,no fault,"
    "wait_flag,set_flag,join_thread,sleep,start_thread,create_stream,destroy_stream,subscribe_report,"
    "unsubscribe_report,query_event,record_event,stream_wait_event,synchronize_event,memcpy,memcpy_async,malloc,free,"
    "execute_async,launch_callback,launch_host_func,synchronize_device,synchronize_stream,process_report,"
    '"timeout of reporter in process_report","report","duration","tie","timeout","callback-end","callback",'
    '"devices","soc","Ascend910B","Ascend310","worker","consumer","producer","Thread-1","stream-2","stream-1",'
    '"scenario","scenarios/corpus/.yaml","program",".py",["timing","untimed"],["timing","nominal"]],'
    '"0.1.0",[],[["thread","reporter",1,"main",1],["thread","main",1,"reporter",1]]]'
)
_DICTIONARY: Final = _WORDS.encode()


@dataclass(frozen=True, slots=True)
class Token:
    """What to run, and how it deviates from the friendly order.

    `kind` is "scenario", "script", "module" or whatever else can be run again by name; `content` and `trace` are the
    first hex digits of hashes, empty when unknown; `settings` are (name, value) for what is not the default.
    """

    kind: str
    name: str
    deviations: tuple[Deviation, ...] = ()
    content: str = ""
    settings: tuple[tuple[str, Setting], ...] = ()
    arguments: tuple[str, ...] = ()
    trace: str = ""
    version: str = __version__

    def __str__(self) -> str:
        return encode(self)

    def setting(self, name: str) -> Setting | None:
        """Return a setting; None: the default."""
        return dict(self.settings).get(name)


def encode(token: Token) -> str:
    """Return *token* as a word of letters, digits, "-", "_" and one dot; equal tokens give equal words."""
    return PREFIX + base64.urlsafe_b64encode(_packed(_text(token))).rstrip(b"=").decode()


def decode(word: str) -> Token:
    """Return what *word* says; blanks and line ends in it, as mail programs add them, do not matter.

    Raises `UserError` for anything that `encode` did not write.
    """
    word = "".join(word.split())
    if not word.startswith(PREFIX):
        other = re.match(r"acl\d+\.", word)
        hint = "another version of aclsim wrote it" if other else f"tokens begin with '{PREFIX}'"
        raise _bad(word, f"{hint}; copy it whole from the output of 'aclsim explore'")
    if len(word) > LARGEST_TOKEN:
        raise _bad(word, f"it is longer than {format_size(LARGEST_TOKEN)}")
    body = word.removeprefix(PREFIX)
    if not _ALPHABET.fullmatch(body):
        raise _bad(word, "it has characters that no token has; copy it whole")
    try:
        packed = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        return _token(json.loads(_unpacked(packed)))
    except (binascii.Error, zlib.error, ValueError, TypeError, RecursionError):
        raise _bad(word, "it is damaged or cut off; copy it whole") from None


def read_token(word: str) -> Token:
    """Return the token *word*, or the one in the file of that name."""
    if not _is_file(word):
        if not word.lstrip().startswith("acl"):
            raise _bad(word, "it does not begin as tokens do, and there is no file of that name")
        return decode(word)
    path = Path(word)
    try:
        if path.stat().st_size > LARGEST_TOKEN:
            raise UserError(
                f"{word}: the file is larger than {format_size(LARGEST_TOKEN)}; it holds no token"
            )
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UserError(f"{word}: the file cannot be read: {reason}") from None
    found = re.search(r"acl\d+\.[A-Za-z0-9_-]+", text)
    if found is None:
        raise UserError(f"{word}: there is no token in this file; 'aclsim explore … --token FILE' writes one")
    return decode(found.group())


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):
        return False


def _bad(word: str, why: str) -> UserError:
    shown = word if len(word) <= 40 else f"{word[:30]}…"  # noqa: PLR2004 - a glance at it
    return UserError(f"'{shown}' is no token: {why}")


def _text(token: Token) -> bytes:
    values = [
        token.kind, token.name, token.content, token.trace, token.arguments, token.settings, token.version,
        token.deviations,
    ]  # fmt: skip
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def _packed(text: bytes) -> bytes:
    # Raw deflate: zlib's own frame would cost ten bytes, and its checksum covers less than ours.
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    return _check(text) + squeezer.compress(text) + squeezer.flush()


def _unpacked(packed: bytes) -> bytes:
    opener = zlib.decompressobj(-15, _DICTIONARY)
    text = opener.decompress(packed[_CHECK_BYTES:], _LARGEST_TEXT)
    if not opener.eof or opener.unused_data or _check(text) != packed[:_CHECK_BYTES]:
        raise ValueError
    return text


def _check(text: bytes) -> bytes:
    return zlib.crc32(text).to_bytes(4, "big")[-_CHECK_BYTES:]


def _token(values: object) -> Token:
    if not isinstance(values, list) or len(values) != _FIELDS + 1:
        raise ValueError
    *head, deviations = values
    kind, name, content, trace, arguments, settings, version = head
    for text in (kind, name, content, trace, version, *arguments):
        if not isinstance(text, str):
            raise TypeError
    if len(deviations) > _MOST_DEVIATIONS:
        raise ValueError
    return Token(
        kind=kind, name=name, content=content, trace=trace, arguments=tuple(arguments), version=version,
        settings=tuple((_word(key), _setting(value)) for key, value in settings),
        deviations=tuple(map(_deviation, deviations)),
    )  # fmt: skip


def _setting(value: object) -> Setting:
    if isinstance(value, list):
        return tuple(map(_word, value))
    if isinstance(value, str | int):
        return value
    raise TypeError


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _deviation(values: Sequence[object]) -> Deviation:
    kind, actor, nth, taken, value = values
    texts = all(isinstance(text, str) for text in (kind, actor, taken))
    if not texts or type(nth) is not int or type(value) is not int or nth < 1 or value < 1:
        raise ValueError
    return Deviation(cast("str", kind), cast("str", actor), nth, cast("str", taken), value)
