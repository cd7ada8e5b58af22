"""`import acl`: the vendor's binding under its own name, served by the simulator."""

from __future__ import annotations

from acl_api.surface import install

install()  # puts the surface in this module's place
