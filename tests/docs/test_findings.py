"""docs/findings.md names every finding that can be reported, and every one that is named can be."""

from __future__ import annotations

import re
from pathlib import Path

import acl_api
import simulator
from simulator.check.catalogue import KINDS

PACKAGES = [Path(str(package.__file__)).parent for package in (acl_api, simulator)]
NOTED = re.compile(r'\.note\(\s*"([a-z-]+)"')
SOURCE = [file for package in PACKAGES for file in package.rglob("*.py")]


def test_everything_that_the_model_notes_is_in_the_catalogue() -> None:
    noted = {name for file in SOURCE for name in NOTED.findall(file.read_text("utf-8"))}
    assert len(noted) > 10
    assert noted <= set(KINDS)


def test_everything_in_the_catalogue_is_reported_somewhere() -> None:
    text = "".join(file.read_text("utf-8") for file in SOURCE)
    # Names of leaks are put together from the kind of thing.
    unused = {name for name in KINDS if f'"{name}"' not in text and not name.endswith("-leaked")}
    assert unused == set()
