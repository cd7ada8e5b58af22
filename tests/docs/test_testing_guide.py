"""docs/testing.md: each of its programs runs as it stands, and fails where it says so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

GUIDE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text("utf-8")
BLOCKS = re.findall(r"(<!-- fails -->\n)?```python\n(.*?)```", GUIDE, re.DOTALL)
SHOWN = re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL)


def test_every_program_of_the_guide_does_what_the_guide_says(tmp_path: Path):
    for number, (fails, block) in enumerate(BLOCKS):
        name = f"test_{number}{'_fails' if fails else ''}.py"
        (tmp_path / name).write_text(block, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-rA", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=os.environ | {"COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    text = ran.stdout
    failed = set(re.findall(r"^FAILED test_(\d+)", text, re.MULTILINE))
    assert failed == {str(number) for number, (fails, _) in enumerate(BLOCKS) if fails}, text
    assert "error" not in text.splitlines()[-1]
    for line in "".join(SHOWN).splitlines():
        pattern = re.escape(line).replace(r"\*", ".*")
        assert re.search(f"^{pattern}", text, re.MULTILINE), f"{line}\nis not in\n{text}"
