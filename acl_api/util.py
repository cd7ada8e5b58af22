"""Names only: the functions of acl.util, bound from the table."""

from __future__ import annotations

from acl_api.bind import family, missing

globals().update(family("acl.util"))
__getattr__ = missing("acl.util")
