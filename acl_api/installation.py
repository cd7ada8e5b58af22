"""The versions of the vendor's packages, as aclsysGetCANNVersion and aclsysGetVersionStr find them out.

They read `version.info` files below ASCEND_HOME_PATH, and for the driver below the path that
`/etc/ascend_install.info` names. Without ASCEND_HOME_PATH the simulator stands for an installation of the
version that was modelled. Source: hicann/runtime src/acl/aclrt_impl/acl.cpp.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MODELLED: Final = "9.1.0"
"""The version of the open runtime whose behaviour is modelled."""
_HOME: Final = "ASCEND_HOME_PATH"
_INSTALLED: Final = Path("/etc/ascend_install.info")
_VERSION: Final = "Version="
_PATHS: Final = {
    "driver": "Driver_Install_Path_Param=",
    "firmware": "Firmware_Install_Path_Param=",
}
_LONGEST: Final = 127
_LONGEST_PART: Final = 63
_FEWEST_PARTS, _PARTS = 2, 4
KEYS: Final = ("version", "major_version", "minor_version", "release_version", "patch_version", "reserved")
"""What the binding's dictionary of a version holds; all are empty when there is none."""
# aclCANNPackageName: the packages that the numbers stand for.
PACKAGES: Final = (
    *("runtime", "runtime", "bisheng-compiler", "hccl", "oam-tools"),
    *("ops-legacy", "ops-legacy", "driver"),
)


def version_of(package: str) -> str | None:
    """Return what `version.info` says of a package; None when there is none.

    A name with hyphens is looked for with underscores, too; without hyphens the other way round.
    """
    other = package.replace("-", "_") if "-" in package else package.replace("_", "-")
    for name in dict.fromkeys((package, other)):
        folder = _folder(name)
        if folder is None:
            text = MODELLED if name in PACKAGES else ""
        else:
            text = _first(folder / name / "version.info", _VERSION)
        if text:
            return text
    return None


def parts_of(version: str) -> dict[str, str] | None:
    """Return a version taken apart, with the binding's keys; None for what has not two numbers at least.

    What follows a hyphen is one more part: "8.5.0-alpha.001" is 8, 5, 0 and alpha001.
    """
    number, hyphen, suffix = version.partition("-")
    whole = f"{number}.{suffix.replace('.', '')}" if hyphen else number
    parts = whole.split(".")
    if len(parts) < _FEWEST_PARTS:
        return None
    parts += ["0"] * (_PARTS - len(parts))
    if not all(parts[:_PARTS]):
        return None
    texts = (whole[:_LONGEST], *(part[:_LONGEST_PART] for part in parts[:_PARTS]), "")
    return dict(zip(KEYS, texts, strict=True))


def _folder(package: str) -> Path | None:
    """Return the folder that has one of the package's own; None where the modelled version stands in."""
    if package in _PATHS:
        return Path(_first(_INSTALLED, _PATHS[package]) or os.devnull)
    home = os.environ.get(_HOME)
    return None if home is None else Path(home) / "share" / "info"


def _first(file: Path, key: str) -> str:
    """Return what stands behind the first *key* in a file; nothing when there is no file or key."""
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(key)[2].strip() for line in lines if key in line), "")
