"""What reads files and texts of people's: given any bytes, each answers, or refuses them with one `UserError`.

A target takes bytes. It returns when they were read or refused, and raises anything else for a mistake of ours.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from acl_api.config import BadConfig, read_config, read_content
from acl_api.faults import parse_fault
from acl_api.models.sidefile import read_side_file
from acl_api.settings import read_settings
from simulator.app.files import read_choices
from simulator.base.errors import UserError
from simulator.base.profile import load_profile
from simulator.base.units import UnitError, parse_duration, parse_size
from simulator.check.suite import check_trace
from simulator.core.options import RuntimeOptions
from simulator.costs.choose import costs_by_name
from simulator.explore.tokens import decode
from simulator.export.tracefile import read_trace
from simulator.scenario.load import load_scenario

CORPUS: Final = Path(__file__).parent / "corpus"
# A message says what, where and how; one mistake a line.
_LONGEST_LINE: Final = 2000
Target = Callable[[bytes], object]


def _file(suffix: str, read: Callable[[str], object]) -> Target:
    """Return a target that reads a file of that kind."""

    def target(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"fuzzed{suffix}"
            path.write_bytes(data)
            refused(lambda: read(str(path)))

    return target


def _text(read: Callable[[str], object]) -> Target:
    """Return a target that reads a text, such as one on a command line."""
    return lambda data: refused(lambda: read(data.decode("utf-8", errors="replace")))


def refused(read: Callable[[], object]) -> bool:
    """Tell whether *read* refuses what it is given, with a message that says something."""
    try:
        read()
    except UserError as error:
        _is_readable(str(error))
        return True
    return False


def _is_readable(message: str) -> None:
    lines = message.splitlines()
    assert lines, "a refusal without a word"
    assert all(len(line) <= _LONGEST_LINE for line in lines), f"too long to be read: {message}"


def _config(path: str) -> None:
    try:
        read_config(path, read_content(path), devices=8)
    except BadConfig as bad:
        _is_readable(str(bad))


def _units(text: str) -> None:
    for parse in (parse_duration, parse_size):
        try:
            parse(text)
        except UnitError as error:
            _is_readable(str(error))


def _environment(text: str) -> None:
    """Take lines for variables: whatever they hold, settings are read or refused."""
    pairs = (line.partition("=") for line in text.splitlines())
    read_settings({name: value for name, _, value in pairs}).seen()


def _trace(path: str) -> None:
    """Read a trace, and look for mistakes in it, as `aclsim check` does."""
    check_trace(read_trace(path).trace)


def _costs(path: str) -> None:
    costs_by_name(path, load_profile("Ascend910B")).recorded("net", None)


TARGETS: Final[Mapping[str, Target]] = {
    "sidefile": _file(".om.toml", lambda path: read_side_file(Path(path))),
    "profile": _file(".toml", load_profile),
    "costs": _file(".csv", _costs),
    "config": _file(".json", _config),
    "trace": _file(".jsonl", _trace),
    "choices": _file(".json", read_choices),
    "scenario": _file(".yaml", load_scenario),
    "token": _text(decode),
    "fault": _text(parse_fault),
    "option": _text(lambda text: RuntimeOptions.of([text])),
    "units": _text(_units),
    "environment": _text(_environment),
}


def corpus_of(name: str) -> list[Path]:
    """Return the committed examples of a target."""
    return sorted((CORPUS / name).iterdir())
