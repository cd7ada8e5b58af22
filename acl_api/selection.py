"""What stands behind the surface: the simulator, or the real libascendcl.

"simulator" is the default. "ascend" takes the real library, through cffi or through the vendor's own module, and
never falls back: it says what is missing. "auto" takes the library when it loads and reports a device, and says
once on stderr what it took and why.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from acl_api.session import install_backend, install_default
from acl_api.settings import read_settings
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from acl_api.backends.protocol import Backend

BACKENDS: Final = ("simulator", "ascend", "auto")
VIA: Final = ("cffi", "pyacl")


@dataclass(frozen=True, slots=True)
class Selected:
    """A backend that can be used: `native` is None for the simulator; `why` says what spoke for it."""

    name: str
    why: str
    native: Backend | None = None


def select(name: str, *, library: str | None = None, via: str | None = None) -> Selected:
    """Return the backend that *name* asks for, opened; *library* and *via* beat their variables.

    Raises UserError for a name that does not exist, and for "ascend" when the library cannot be used.
    """
    if name not in BACKENDS:
        raise UserError(f"backend {name!r} does not exist: choose one of {', '.join(BACKENDS)}")
    asked = read_settings()
    library, via = library or asked.library, via or asked.via
    if via not in VIA:
        raise UserError(
            f"the backend 'ascend' is reached via {' or '.join(VIA)}, not {via!r} (--via, ACLSIM_VIA)"
        )
    if name == "simulator":
        return Selected(name, "it was asked for")
    if name == "ascend":
        return _ascend(library, via)
    try:
        found = _ascend(library, via)
    except UserError as error:
        return Selected("simulator", str(error))
    devices = _devices(found.native)
    if not devices:
        return Selected("simulator", f"{found.why}, and it reports no device")
    return Selected("ascend", f"{found.why}, with {devices} devices", found.native)


def use_backend(name: str, *, library: str | None = None, via: str | None = None) -> None:
    """Put that backend behind the surface: "simulator" (a fresh default session), "ascend" or "auto".

    *library* is the real libascendcl.so, or its folder; *via* is "cffi", or "pyacl" for the vendor's own module,
    which alone keeps the interpreter lock where the binding does. Raises UserError; "ascend" never falls back.
    """
    selected = select(name, library=library, via=via)
    if name == "auto":
        sys.stderr.write(f"aclsim: backend auto: took {selected.name} ({selected.why})\n")
    if selected.native is None:
        install_default(read_settings())
    else:
        install_backend(selected.native)


def _ascend(library: str | None, via: str) -> Selected:
    if via == "pyacl":
        from acl_api.backends.native.vendor import VendorBackend

        vendor = VendorBackend()
        return Selected("ascend", f"the vendor's module {vendor.file}", vendor)
    from acl_api.backends.native.backend import NativeBackend
    from acl_api.backends.native.search import find_library

    place = find_library(library)
    return Selected("ascend", f"{place.path} loads ({place.why})", NativeBackend(place.path))


def _devices(backend: Backend | None) -> int:
    from acl_api.backends.native.asking import devices_of

    return 0 if backend is None else devices_of(backend)
