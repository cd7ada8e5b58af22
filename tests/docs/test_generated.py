"""What the documents show is what the project does now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.generated import ROOT, everything

CURRENT = everything()


@pytest.mark.parametrize("path", CURRENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_generated_document_is_current(path: Path) -> None:
    assert path.is_file(), f"{path.name} is missing: run python -m tests.docs.generated"
    assert path.read_text("utf-8") == CURRENT[path], (
        f"{path.name} is stale: run python -m tests.docs.generated"
    )
