"""The lines that a program's run prints about itself: why calls failed, and what the program logs.

The vendor's variables decide (ecosystem.md 4.5): ASCEND_GLOBAL_LOG_LEVEL is the least level that is shown, from
0 (debug) over 3 (error, the default) to 4 (nothing); ASCEND_LOG_PRINT_TO_STDOUT=1, or the older
ASCEND_SLOG_PRINT_TO_STDOUT=1, prints on stdout instead of stderr. No log files are written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

ERROR: Final = 3
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
_NOTHING: Final = len(_LEVELS)
_TO_STDOUT: Final = ("ASCEND_LOG_PRINT_TO_STDOUT", "ASCEND_SLOG_PRINT_TO_STDOUT")


class Log:
    """Prints each error once: a loop that fails a thousand times fails for one reason."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        text = environment.get("ASCEND_GLOBAL_LOG_LEVEL", "")
        # Anything else than a level is the default, as the vendor's library has it.
        self.level: int = int(text) if text in {str(level) for level in range(_NOTHING + 1)} else ERROR
        # The new name beats the old one.
        self.to_stdout: bool = (
            next((environment[name] for name in _TO_STDOUT if name in environment), "0") == "1"
        )
        self._told: set[object] = set()

    def __repr__(self) -> str:
        return f"<log from level {self.level} on {'stdout' if self.to_stdout else 'stderr'}>"

    def __call__(self, key: object, text: str) -> None:
        """Print an error of ours, unless one with that *key* was printed before."""
        if key not in self._told:
            self._told.add(key)
            self.write(ERROR, text)

    def write(self, level: int, text: str) -> None:
        """Print one line when *level* is shown; the program may have closed the stream."""
        stream = sys.stdout if self.to_stdout else sys.stderr
        if self.level <= level < _NOTHING and stream is not None and not stream.closed:
            stream.write(f"aclsim: [{_LEVELS[level]}] {text}\n")
