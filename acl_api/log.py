"""The lines that a program's run prints about itself: why calls failed, and what the program logs.

The vendor's variables decide (`settings.LogSettings`): the least level that is shown, for each module if need be,
stdout or stderr, and, only when one names a folder, log files laid out as the vendor's: `debug/plog` has these
lines, `run/plog` events. Their times are simulated.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from acl_api.settings import ERROR, NOTHING, LogSettings, read_settings

WARNING: Final = 2
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
# Which module's line it is that a call gave a code: by the first digits of the code.
_MODULES: Final = {107: "RUNTIME", 207: "RUNTIME", 507: "RUNTIME", 145: "GE"}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def module_of(code: int) -> str:
    """Return the vendor's name of the module that gives *code*."""
    return _MODULES.get(code // 1000, "ASCENDCL")


class Log:
    """Prints each error once: a loop that fails a thousand times fails for one reason.

    *clock* tells the simulated time in ns, for log files.
    """

    def __init__(self, asked: LogSettings | None = None, clock: Callable[[], int] = lambda: 0) -> None:
        self.asked: LogSettings = read_settings().log if asked is None else asked
        self._clock = clock
        self._told: set[object] = set()
        # Of each kind of log file, what is written so far; opened by its first line.
        self._files: dict[str, Path] = {}
        if self.asked.old_name:
            text = "ASCEND_SLOG_PRINT_TO_STDOUT is deprecated; the new name is ASCEND_LOG_PRINT_TO_STDOUT"
            self(text, text, level=WARNING)

    def __repr__(self) -> str:
        return f"<log from level {self.asked.level} on {'stdout' if self.asked.to_stdout else 'stderr'}>"

    def __call__(self, key: object, text: str, module: str = "ASCENDCL", level: int = ERROR) -> None:
        """Print a line of ours, unless one with that *key* was printed before."""
        if key not in self._told:
            self._told.add(key)
            self.write(level, text, module)

    def write(self, level: int, text: str, module: str = "APP") -> None:
        """Print one line when *level* is shown for *module*; the program may have closed the stream."""
        if self.asked.modules.get(module, self.asked.level) <= level < NOTHING:
            stream = sys.stdout if self.asked.to_stdout else sys.stderr
            if stream is not None and not stream.closed:
                stream.write(f"aclsim: [{_LEVELS[level]}] {text}\n")
            self._keep("debug", _LEVELS[level], module, text)

    def event(self, text: str) -> None:
        """Keep a line about what happens, in log files only."""
        if self.asked.events:
            self._keep("run", "EVENT", "RUNTIME", text)

    def _keep(self, kind: str, level: str, module: str, text: str) -> None:
        """Append a line to a log file; stdout has taken its place when that is asked for."""
        if self.asked.folder is None or self.asked.to_stdout:
            return
        now = _EPOCH + timedelta(microseconds=self._clock() // 1000)
        when = f"{now:%Y-%m-%d-%H:%M:%S}.{now.microsecond // 1000:03}.{now.microsecond % 1000:03}"
        pid = os.getpid()
        line = f"[{level}] {module}({pid},{Path(sys.argv[0] or 'python').name}):{when} {text}\n"
        # A folder that cannot be written must not end the program: the vendor's library goes on, too.
        with (
            suppress(OSError),
            self._file(kind).open("a", encoding="utf-8", errors="backslashreplace") as file,
        ):
            file.write(line)

    def _file(self, kind: str) -> Path:
        """Return the file of a kind, in a folder that is there; a process has one of each."""
        path = self._files.get(kind)
        if path is None:
            folder = Path(self.asked.folder or ".") / kind / "plog"
            folder.mkdir(parents=True, exist_ok=True)
            stamp = datetime.now(tz=UTC)
            name = f"plog-{os.getpid()}_{stamp:%Y%m%d%H%M%S}{stamp.microsecond // 1000:03}.log"
            path = self._files[kind] = folder / name
        return path
