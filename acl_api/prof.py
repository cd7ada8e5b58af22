"""Names only: the functions of acl.prof, bound from the table."""

from __future__ import annotations

from acl_api.bind import family, missing

globals().update(family("acl.prof"))
__getattr__ = missing("acl.prof")
