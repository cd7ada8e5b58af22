"""Texts of the TypeError for arguments that do not fit, where they are not the usual one (`Row.misfit`)."""

from __future__ import annotations

from typing import Final

LOUD: Final = "{name} args parse failed!"
"""Most functions of acl.mdl and acl.prof, and some of acl."""
