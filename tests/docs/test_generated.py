"""What the documents show is what the project does now."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

from tests.docs.generated import ROOT, everything


def test_the_generated_documents_are_current() -> None:
    stale = {path: difference(path, text) for path, text in everything().items()}
    told = [f"{path.relative_to(ROOT)}:\n{lines}" for path, lines in stale.items() if lines]
    assert not told, "run python -m tests.docs.generated, these are stale: " + "\n".join(told)


def difference(path: Path, current: str) -> str:
    """What the file has, and what it should have."""
    text = path.read_text("utf-8") if path.is_file() else ""
    return "\n".join(
        unified_diff(text.splitlines(), current.splitlines(), "stale", "current", n=0, lineterm="")
    )
