"""What the generic tests pass for parameters that are read as objects, by the type that the stubs give them."""

from __future__ import annotations

from typing import Any, Final

SAMPLES: Final[dict[str, Any]] = {"list[int]": [1, 1], "list[list[int]]": [[1, 2], [1, 2]]}
