"""`aclsim doctor`: what is installed, which backend would be used and why, what the figures rest on."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, cast

import click

from simulator import __version__
from simulator.app.exits import ExitCode
from simulator.app.terminal import closing, columns, err, out, tinted

if TYPE_CHECKING:
    from collections.abc import Mapping

_EPILOG = """\
\b
Example:
  aclsim doctor --json"""


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(*, as_json: bool) -> ExitCode:
    """Say what is installed, which backend would be used and why, and which figures are assumed."""
    facts = examine()
    if as_json:
        out(json.dumps(facts, indent=1, ensure_ascii=False))
        return ExitCode.PASSED
    for title, content in facts.items():
        if title != "warnings":
            _section(title, content)
    warnings = cast("list[str]", facts["warnings"])
    for warning in warnings:
        err(f"{tinted('warning')}: {warning}")
    closing("passed", "nothing is missing" if not warnings else "see the warnings above")
    return ExitCode.PASSED


def examine() -> dict[str, object]:
    """Return everything that `doctor` tells, as JSON-ready values."""
    from simulator.app import machine

    packages = machine.package_versions()
    warnings = machine.shadowing()
    warnings += [f"the package {name} is missing" for name, found in packages.items() if found == "missing"]
    backend = _backend()
    if "error" in backend:
        warnings.append(backend["error"])
    return {
        "aclsim": {"version": __version__, **machine.imported_from()},
        "python": machine.python_facts(),
        "packages": packages,
        "backend": backend,
        "vendor": {
            "library": ", ".join(machine.vendor_libraries()) or "none found",
            "module acl": machine.vendor_binding() or "none found",
        },
        "import acl": {"gives": machine.import_acl()},
        "settings": machine.settings(),
        "profiles": _profiles(),
        "warnings": warnings,
    }


def _backend() -> dict[str, str]:
    """Return which backend would be used and why; of the real library its path, version and devices, too."""
    from acl_api.backends.native.asking import devices_of, version_of
    from acl_api.selection import select
    from simulator.base.errors import UserError

    wanted = os.environ.get("ACLSIM_BACKEND")
    why = "ACLSIM_BACKEND says so" if wanted else "it is the default; ACLSIM_BACKEND is not set"
    try:
        selected = select(wanted or "simulator")
    except UserError as error:
        return {"used": "none", "because": why, "error": str(error)}
    if wanted == "auto":
        why = f"ACLSIM_BACKEND is auto: {selected.why}"
    told = {"used": selected.name, "because": why}
    if selected.native is not None:
        told |= {"library": selected.why, "version": version_of(selected.native)}
        told["devices"] = str(devices_of(selected.native))
    return told


def _profiles() -> dict[str, str]:
    from simulator.base.profile import DEFAULT_SOC, load_profile, profile_names

    told = {}
    for name in profile_names():
        profile = load_profile(name)
        default = ", the default" if name == DEFAULT_SOC else ""
        told[name] = f"{len(profile.assumed)} of {len(profile.sources)} figures assumed{default}"
    return told


def _section(title: str, content: object) -> None:
    out(title)
    rows = [(name, str(value)) for name, value in cast("Mapping[str, object]", content).items()]
    for line in columns(rows or [("none", "")]):
        out(line)
