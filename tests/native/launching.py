"""Start `aclsim` and programs on a library, as a user would: in a process of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.exec.launch import Ended, python

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
PROGRAMS = SCENARIOS / "programs"
# Every program that is given begins with this.
HEAD = """\
import json, sys
import acl_api as acl
acl.use_backend("ascend")
from acl_api.session import current
from acl_api.backends.native.backend import NativeBackend
"""


class Launcher:
    """Starts things in *folder*, on *library*."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.folder = folder
        self.library = library

    def aclsim(self, command: str, *words: str, **variables: str) -> Ended:
        """Run `aclsim COMMAND --backend ascend`."""
        backend = ["--backend", "ascend", "--library", str(self.library)]
        return self.plainly(command, *backend, *words, **variables)

    def plainly(self, *words: str, **variables: str) -> Ended:
        """Run `aclsim` with nothing but *words*."""
        return python(self.folder, "-m", "simulator.app", *words, **variables)

    def report(self, command: str, *words: str, **variables: str) -> tuple[Ended, dict[str, Any]]:
        """Run a command that reports as JSON."""
        file = self.folder / "report.json"
        ended = self.aclsim(command, *words, f"--json={file}", **variables)
        return ended, json.loads(file.read_text("utf-8")) if file.exists() else {}

    def script(self, text: str, **variables: str) -> Any:
        """Run a program that prints JSON last, with `acl` on the library; return what it printed."""
        ended = self.ended(text, **variables)
        assert ended.code == 0, ended.err
        return json.loads(ended.out.splitlines()[-1])

    def ended(self, text: str, **variables: str) -> Ended:
        """Run a program with `acl` on the library; return how it ended."""
        (self.folder / "script.py").write_text(HEAD + text, "utf-8")
        return python(self.folder, "script.py", ACLSIM_LIBRARY=str(self.library), **variables)
