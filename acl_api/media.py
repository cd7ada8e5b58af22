"""Names only: the functions of acl.media, bound from the table."""

from __future__ import annotations

from acl_api.bind import family, missing

globals().update(family("acl.media"))
__getattr__ = missing("acl.media")
