"""Names only: the functions of acl.util, bound from the table."""

from __future__ import annotations

from acl_api.modules import hooks

__getattr__, __dir__ = hooks("acl.util")
