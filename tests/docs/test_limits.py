"""docs/limits.md names every finding that the model can report, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import acl_api
import simulator

ROOT = Path(__file__).parents[2]
PACKAGES = [Path(str(package.__file__)).parent for package in (acl_api, simulator)]
FINDING = re.compile(r'"((?:forged|stale|foreign|bad|no-block|host-function)-[a-z]+)"')
NOTED = re.compile(r'\.note\(\s*"([a-z-]+)"')


def findings_of_the_source() -> set[str]:
    texts = [file.read_text("utf-8") for package in PACKAGES for file in package.rglob("*.py")]
    return {name for text in texts for pattern in (FINDING, NOTED) for name in pattern.findall(text)}


def test_every_finding_is_explained() -> None:
    page = (ROOT / "docs" / "limits.md").read_text("utf-8")
    section = page.split("## Findings")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)`", section, flags=re.MULTILINE)) == findings_of_the_source()
