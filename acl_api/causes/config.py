"""Causes that lie in the configuration file of acl.init."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acl_api.causes.failure import Failure, Told


def bad_config(failure: Failure) -> Told | None:
    """Say what is wrong with the file that init was given; None when that is not why it failed."""
    if failure.row.op != "init" or failure.rt.init_count:
        return None
    from acl_api.config import BadConfig, read_config, read_content  # only init needs it

    (path,) = failure.values
    path = path if isinstance(path, str) else None
    try:
        content = read_content(path)
        if failure.rt.init_config in (None, content):
            read_config(path, content, len(failure.rt.devices))
    except BadConfig as bad:
        return str(bad), "Mend the file, or call acl.init() without one."
    return "the configuration is another one than the first of the process", "Use the same file each time."
