"""Names only: the functions of acl.rt, bound from the table."""

from __future__ import annotations

from acl_api.bind import family, missing

globals().update(family("acl.rt"))
__getattr__ = missing("acl.rt")
