"""The minimal case as files: a scenario that anybody can run, and a test that fails until the bug is gone."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path
from typing import Final

from simulator.app.exploring.subjects import Explored, explored_text
from simulator.app.files import write_whole
from simulator.base.errors import UserError
from simulator.explore.deviations import Deviating
from simulator.explore.report import Counterexample, examine
from simulator.explore.tokens import Token

_WIDTH: Final = 100
_TOKEN_WIDTH: Final = 90
_LONGEST_NAME: Final = 40
# At the end of the file stands how it comes about: there the story moves no line that it speaks of.
_HEAD: Final = "# Found by 'aclsim explore', which tells at the end of this file how it comes about.\n"
_TEST: Final = '''"""{title}

{story}
"""

from pathlib import Path

from simulator.testing import replay

TOKEN = (
{token}
)
FILE = Path(__file__).parent / "{file}"


def test_{name}():
    replayed = replay(TOKEN, FILE)
    assert replayed.passed, replayed.text
'''


def check_export(folder: str, explored: Explored, *, force: bool) -> None:
    """Raise `UserError` when a case of *explored* cannot be written: better now than after a long search.

    So it is where *folder* can be no folder, or holds a case already and *force* is not set.
    """
    lowest = next(path for path in (Path(folder), *Path(folder).absolute().parents) if path.exists())
    if not lowest.is_dir():
        raise UserError(f"--export {folder}: {lowest} is no folder; name another")
    if not os.access(lowest, os.W_OK | os.X_OK):
        raise UserError(f"--export {folder}: nothing can be written in {lowest}; name another folder")
    there = sorted(Path(folder).glob(f"test_{_stem(explored)}_*.py"))
    if there and not force:
        raise _in_the_way(folder, there)


def export(folder: str, explored: Explored, found: Counterexample, *, force: bool) -> list[str]:
    """Write the minimal case of *found* into *folder*, which is made if need be; return what was written, as notes.

    A scenario is made smaller first and written as `NAME_KIND.yaml`; a test that replays it, or the program, as
    `test_NAME_KIND.py`. Raises `UserError` when a file is there already and *force* is not set; then nothing is
    written.
    """
    # Needed only when something was found.
    from simulator.app.exploring.scenarios import ScenarioSubject
    from simulator.app.exploring.smaller import shrink_scenario

    name = f"{_stem(explored)}_{found.failure.kind}"
    case, test = Path(folder) / f"{name}.yaml", Path(folder) / f"test_{name}.py"
    subject = explored.subject
    files = [case, test] if isinstance(subject, ScenarioSubject) else [test]
    _make_room(folder, files, force=force)
    if not isinstance(subject, ScenarioSubject):
        token = explored.token(found.seen, found.deviations)
        program = os.path.relpath(explored.name, folder) if explored.kind == "script" else None
        _write(test, _test(name, found, token, program))
        return [f"a test that replays it was written to {test}"]
    smaller = shrink_scenario(subject, found.seen, found.deviations)
    text = f"{_HEAD}{smaller.text}"
    again = explored_text(text, str(case), subject.settings)
    told = examine(again.subject, again.subject.run(Deviating(smaller.deviations)))
    token = again.token(told.seen, told.deviations)
    _write(case, f"{text}{_comment(told, token)}")
    _write(test, _test(name, told, token, case.name))
    return [
        f"the scenario, cut down to {len(smaller.text.splitlines())} lines, was written to {case}",
        f"a test that replays it was written to {test}",
    ]


def _stem(explored: Explored) -> str:
    stem = re.sub(r"\W+", "_", Path(explored.name or "example").stem).strip("_").lower()
    return stem[:_LONGEST_NAME] or "case"


def _make_room(folder: str, files: list[Path], *, force: bool) -> None:
    there = [file for file in files if file.exists()]
    if there and not force:
        raise _in_the_way(folder, there)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"--export {folder}: the folder cannot be made ({reason}); name another") from None


def _in_the_way(folder: str, there: list[Path]) -> UserError:
    names = " and ".join(map(str, there))
    return UserError(f"--export {folder}: {names} would be overwritten; name another folder, or use --force")


def _story(found: Counterexample) -> list[str]:
    """Return how the failure comes about, in lines of a file."""
    said = [f"{found.failure.kind}: {'; '.join(found.failure.sentences)}", *found.lines()]
    return [line for text in said for line in textwrap.wrap(text, _WIDTH, break_long_words=False)]


def _comment(found: Counterexample, token: Token) -> str:
    lines = [*_story(found), f"Replay it: aclsim replay {token}"]
    return "".join(f"# {line}\n" for line in lines)


def _test(name: str, found: Counterexample, token: Token, file: str | None) -> str:
    word = str(token)
    pieces = (word[at : at + _TOKEN_WIDTH] for at in range(0, len(word), _TOKEN_WIDTH))
    text = _TEST.format(
        title=f"Found by 'aclsim explore', {found.distance}; fails until the bug is gone.",
        story="\n".join(_story(found)).replace("\\", "/").replace('"""', "'''"),
        token="\n".join(f'    "{piece}"' for piece in pieces),
        file=file,
        name=name,
    )
    if file is not None:
        return text
    # A module or piece of code is named by the token alone.
    lines = (line for line in text.splitlines() if not line.startswith(("FILE = ", "from pathlib")))
    return "\n".join(lines).replace("replay(TOKEN, FILE)", "replay(TOKEN)") + "\n"


def _write(file: Path, text: str) -> None:
    write_whole("--export", str(file), text)
