"""Who decides a run, and the file that keeps the decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.app.files import marked, read_choices
from simulator.engine.choice import ChoiceRecord, Chooser, First, Recorder, Replay, Seeded


def make_chooser(replay: str | None, seed: int | None, *, record: bool) -> tuple[Chooser | None, str | None]:
    """Return who decides (None: nobody was asked for), and the trace hash that a replay should reach.

    The friendly order is recorded only when somebody wants to see it. Raises `UserError` for a bad file.
    """
    if replay is not None:
        choices, digest = read_choices(replay)
        return Recorder(Replay(choices)), digest
    if record:
        return Recorder(First() if seed is None else Seeded(seed)), None
    return None, None


def about_replay(chooser: Chooser | None, trace_hash: str | None, recorded_hash: str | None) -> Sequence[str]:
    """Return what to say when recorded choices were replayed; nothing otherwise."""
    if not (isinstance(chooser, Recorder) and isinstance(chooser.inner, Replay)):
        return ()
    left = chooser.inner.left
    notes = [f"{left:,} of the recorded choices were not asked for: the program has changed"] if left else []
    if recorded_hash is not None:
        same = recorded_hash == trace_hash
        notes.append(f"the run is {'the same as' if same else 'not the same as'} the recorded one")
    return notes


def choices_text(about: dict[str, object], choices: Iterable[ChoiceRecord]) -> str:
    """Return the text of a file of choices; *about* says of which run."""
    return marked(about, rows=choices, rows_key="choices")
