"""Names only: the functions of acl.mdl, bound from the table."""

from __future__ import annotations

from acl_api.bind import family, missing

globals().update(family("acl.mdl"))
__getattr__ = missing("acl.mdl")
