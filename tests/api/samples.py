"""What the generic tests pass for parameters that need something of their own."""

from __future__ import annotations

from typing import Any, Final

from acl_api.bind import by_name
from acl_api.table.row import Param, Row

SAMPLES: Final[dict[str, Any]] = {
    "list[int]": [1, 1],
    "list[list[int]]": [[1, 2], [1, 2]],
    "dict[str, object]": {"name": "", "dimCount": 1, "dims": [1]},
}
"""By the type that the stubs give, for parameters that are read as objects."""

_MAKERS: Final[dict[tuple[str, str], tuple[Any, ...]]] = {
    ("config", "prof"): ("acl.prof.create_config", [0], 0, 0, 2),
    ("config", "subscribe"): ("acl.prof.create_subscribe_config", 1, 0, 2),
    ("stamp", ""): ("acl.prof.create_stamp",),
    ("info", ""): ("acl.prof.create_step_info",),
    ("aipp", ""): ("acl.mdl.create_aipp", 1),
    ("handle", "exec"): ("acl.mdl.create_exec_config_handle",),
    ("handle", ""): ("acl.mdl.create_config_handle",),
}


def made(row: Row, param: Param) -> Any:
    """Return a new handle of the kind that a parameter with Ref.HANDLE takes."""
    kind = "exec" if param.name == "handle" and "exec" in row.op else ""
    if param.name == "config":
        kind = "subscribe" if "subscribe" in row.op else "prof"
    maker, *args = _MAKERS[param.name, kind]
    return by_name(maker)(*args)
