"""Files that the command reads and writes besides scenarios: whole or not at all, never over another's."""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from simulator import __version__
from simulator.base.errors import UserError
from simulator.base.trace import Trace
from simulator.base.units import format_size
from simulator.engine.choice import ChoiceRecord
from simulator.export.tracefile import Ending, write_trace

_MARK: Final = '{"aclsim":'
_LARGEST_CHOICES: Final = 64 << 20
# What was taken came later: recordings of before have four fields.
_FIELDS: Final = (len(ChoiceRecord._fields) - 1, len(ChoiceRecord._fields))


def check_targets(targets: Sequence[tuple[str, str | None]], inputs: Iterable[str]) -> None:
    """Raise `UserError` unless each target (option, path) can be written and is not one of *inputs*."""
    taken = {Path(name).resolve(): "the scenario" for name in inputs}
    for option, name in targets:
        if name is None or name == "-":
            continue
        path = Path(name)
        if path.resolve() in taken:
            raise UserError(f"{option} {name} would overwrite {taken[path.resolve()]}: name another file")
        taken[path.resolve()] = f"what {option} writes"
        if not path.resolve().parent.is_dir():
            raise UserError(f"{option} {name}: the folder {path.parent} does not exist; make it first")
        if path.exists() and not path.is_file():
            raise UserError(f"{option} {name}: this is not a regular file; name a file to write")
        if option in {"--choices", "--json", "--save-trace"} and path.is_file() and not _is_ours(path):
            raise UserError(
                f"{option} {name}: aclsim did not write this file and leaves it alone; name another"
            )


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(len(_MARK))
    return head in {b"", _MARK.encode()}


def write_whole(option: str, name: str, text: str) -> None:
    """Put *text* into the file *name*; what stood there before stays until the new text is complete."""
    target = Path(name).resolve()
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{option} {name}: cannot write it ({reason}); name another file") from error


def save_trace(
    name: str, trace: Trace, ending: Ending, about: Mapping[str, object], option: str = "--save-trace"
) -> list[str]:
    """Keep the records of a run for `aclsim check`; return what to say of it."""
    count = write_trace(option, name, trace, ending, about)
    return [f"{count:,} records written to {name}; look at them with: aclsim check {shlex.quote(name)}"]


def marked(values: dict[str, object], *, rows: Iterable[object] = (), rows_key: str = "") -> str:
    """Return *values* as the JSON text of a file of ours; *rows* come last under *rows_key*, a line each."""
    text = json.dumps({"aclsim": __version__, **values}, ensure_ascii=False, separators=(",", ":"))
    if rows_key:
        lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        text = f'{text[:-1]},"{rows_key}":[\n{lines}\n]}}'
    return text + "\n"


def read_choices(name: str) -> tuple[list[ChoiceRecord] | list[int], str | None]:
    """Return the choices of a file that `--choices` wrote, or of a JSON list, and the hash of its trace.

    A list holds records [kind, actor, options, value, taken] or bare values. Raises `UserError` for anything else.
    """
    document = _read_json(name)
    digest = None
    if isinstance(document, dict):
        digest = document.get("trace_hash")
        document = document.get("choices")
    if not isinstance(document, list):
        raise UserError(f"{name}: this is no list of choices; write one with 'aclsim run … --choices FILE'")
    if all(type(value) is int for value in document):
        return document, digest if isinstance(digest, str) else None
    records = [_record(name, number, entry) for number, entry in enumerate(document, start=1)]
    return records, digest if isinstance(digest, str) else None


def _read_json(name: str) -> object:
    path = Path(name)
    try:
        if not path.is_file():
            raise UserError(f"{name}: there is no such file; name one that 'aclsim run … --choices' wrote")
        if path.stat().st_size > _LARGEST_CHOICES:
            raise UserError(f"{name}: the file is larger than {format_size(_LARGEST_CHOICES)}")
        document: object = json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(f"{name}: the file cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name}: this is not JSON: {error}") from None
    return document


def _record(name: str, number: int, entry: object) -> ChoiceRecord:
    if isinstance(entry, list) and len(entry) in _FIELDS:
        kind, actor, options, value, *taken = entry
        texts = all(isinstance(text, str) for text in (kind, actor, *taken))
        if texts and type(options) is type(value) is int:
            return ChoiceRecord(kind, actor, options, value, *taken)
    raise UserError(
        f"{name}: choice {number} is not [kind, actor, options, value, taken], nor are all bare numbers"
    )
