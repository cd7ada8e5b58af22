"""What a backend says of itself: the version of its interface, and how many devices it reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acl_api.arguments import Flavour
from acl_api.codes import ACL_SUCCESS
from acl_api.errors import MissingSymbolError, NotCallableError
from acl_api.table import ROWS

if TYPE_CHECKING:
    from acl_api.backends.protocol import Backend


def devices_of(backend: Backend) -> int:
    """Return how many devices there are; 0 when it cannot tell."""
    count, *code = _ask(backend, "acl.rt.get_device_count")
    return count if isinstance(count, int) and code == [ACL_SUCCESS] else 0


def version_of(backend: Backend) -> str:
    """Return the version of the interface, as in "1.17.0"; "unknown" when it does not tell."""
    *numbers, code = _ask(backend, "acl.get_version")
    return ".".join(map(str, numbers)) if numbers and code == ACL_SUCCESS else "unknown"


def soc_of(backend: Backend) -> str:
    """Return what it calls its SoC, as in "Ascend910B3"; "unknown" when it does not tell."""
    name, *_ = _ask(backend, "acl.get_soc_name")
    return name if isinstance(name, str) and name else "unknown"


def _ask(backend: Backend, name: str) -> tuple[object, ...]:
    """Return what a function without parameters gives; one that is missing gives None."""
    try:
        result = backend.bind(ROWS[name], Flavour.PYTHON)()
    except (MissingSymbolError, NotCallableError):
        return (None,)
    return result if isinstance(result, tuple) else (result,)
