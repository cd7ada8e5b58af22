"""The tests run against the installed package, not against whatever lies in the current folder."""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution, distribution, entry_points
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import acl_api
import simulator


def installed_root(package: Distribution) -> Path:
    """Where the installer says the code is: the source tree of an editable install, else site-packages."""
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        return Path(unquote(urlsplit(origin["url"]).path)).resolve()
    return Path(str(package.locate_file(""))).resolve()


@pytest.mark.parametrize("module", [simulator, acl_api], ids=["simulator", "acl_api"])
def test_the_imported_package_is_the_installed_one(module):
    assert Path(module.__file__).resolve().parents[1] == installed_root(distribution("aclsim"))


@pytest.mark.parametrize("module", [simulator, acl_api], ids=["simulator", "acl_api"])
def test_the_marker_for_type_checkers_is_installed(module):
    assert (Path(module.__file__).parent / "py.typed").exists()


def test_the_metadata_is_that_of_this_tree(root: Path):
    declared = re.search(r'^version = "(.+)"$', (root / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert declared is not None
    assert distribution("aclsim").version == declared[1]


def test_the_command_leads_to_the_program():
    (command,) = entry_points(group="console_scripts", name="aclsim")
    assert callable(command.load())


def test_no_module_named_acl_is_installed():
    """The vendor's binding has that name; only exec and install() may provide it."""
    tops = {str(file).partition("/")[0] for file in distribution("aclsim").files or ()}
    assert not tops & {"acl", "acl.py"}
