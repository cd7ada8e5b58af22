"""What there is on this machine: packages, the vendor's library and binding, settings. It only looks."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

import acl_api
import simulator
from acl_api.environment import VARIABLES

_PACKAGES: Final = {"simulator": simulator, "acl_api": acl_api}
_LIBRARY: Final = "libascendcl.so"
_HOMES: Final = ("ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME")
_SETTINGS: Final = (*(variable.name for variable in VARIABLES), "PYTHONHASHSEED", "NO_COLOR")


def python_facts() -> dict[str, str]:
    """Return which Python runs, and where."""
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "platform": platform.platform(),
    }


def package_versions() -> dict[str, str]:
    """Return the installed version of every package we need; "missing" when there is none."""
    try:
        requirements = metadata.requires("aclsim") or []
    except metadata.PackageNotFoundError:
        return {}
    names = [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in requirements if "extra ==" not in text]
    return {name: _version(name) for name in names}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def imported_from() -> dict[str, str]:
    """Return the folders that our own packages were imported from."""
    return {name: str(_folder(name)) for name in _PACKAGES}


def _folder(name: str) -> Path:
    return Path(_PACKAGES[name].__file__ or ".").resolve().parent


def shadowing(path: Sequence[str] | None = None) -> list[str]:
    """Return a warning for each package of our name that another program may import instead of ours.

    *path* is what to search, by default `sys.path` after the current folder, where `python -m` looks first.
    """
    folders = ["", *sys.path] if path is None else path
    warnings = []
    for name in _PACKAGES:
        for found in dict.fromkeys(_candidates(name, folders)):
            if found != _folder(name):
                where = "in the current folder " if found.parent == Path.cwd() else ""
                warnings.append(f"another '{name}' {where}may be imported instead of ours: {found}")
    return warnings


def _candidates(name: str, folders: Sequence[str]) -> Iterator[Path]:
    for folder in folders:
        base = Path(folder or ".").resolve() / name
        if (base / "__init__.py").is_file():
            yield base
        elif base.with_suffix(".py").is_file():
            yield base.with_suffix(".py")


def vendor_libraries(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return every libascendcl.so where the vendor's settings and the loader look; none is loaded."""
    folders = [Path(environment[home]) / "lib64" for home in _HOMES if environment.get(home)]
    folders += [Path(folder) for folder in environment.get("LD_LIBRARY_PATH", "").split(os.pathsep) if folder]
    found = [folder / _LIBRARY for folder in folders if (folder / _LIBRARY).exists()]
    return [str(library) for library in dict.fromkeys(found)]


def vendor_binding() -> str | None:
    """Return where the vendor's module `acl` would be imported from; it is not imported."""
    from acl_api.surface import other_acl

    return other_acl()


def import_acl() -> str:
    """Return what `import acl` gives in this environment, without importing it."""
    from acl_api.surface import SHIM, installed

    vendors = vendor_binding()
    if installed():
        return "the simulator (acl_api.install() was called)"
    ours = [number for number, folder in enumerate(sys.path) if Path(folder).resolve() == Path(SHIM)]
    theirs = [number for number, folder in enumerate(sys.path) if _holds(folder, vendors)]
    if ours and (not theirs or ours[0] < theirs[0]):
        return "the simulator (its shim is on PYTHONPATH)"
    if vendors is not None:
        return f"{vendors}; 'aclsim exec' and acl_api.install() give the simulator instead"
    return "nothing; 'aclsim exec' and acl_api.install() give the simulator"


def _holds(folder: str, file: str | None) -> bool:
    return file is not None and Path(folder or ".").resolve() in Path(file).resolve().parents


def settings(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that are set and that we honour."""
    return {name: environment[name] for name in _SETTINGS if name in environment}
