"""`--via pyacl`: the vendor's own module `acl` is called, and nothing of ours stands in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exec.launch import python

# A module as the vendor's lies on PYTHONPATH, which writes down what it is asked.
FAKE = {
    "acl/__init__.py": """\
from . import rt
asked = []
def init(*args):
    asked.append(("init", args))
    return 0
def get_soc_name():
    return "Ascend910B4"
""",
    "acl/rt.py": """\
import acl as vendors
def get_device_count():
    return 2, 0
def set_device(device):
    vendors.asked.append(("set_device", (device,)))
    return 0
def launch_callback(fn, data, block, stream):
    vendors.asked.append(("launch_callback", (data, block, stream)))
    fn(data)
    return 0
def stream_query(stream):
    raise TypeError("the vendor's own words")
""",
}


@pytest.fixture
def vendors(tmp_path: Path) -> Path:
    folder = tmp_path / "vendor"
    for name, text in FAKE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def ran(folder: Path, text: str, *words: str, **variables: str):
    (folder / "prog.py").write_text(text, "utf-8")
    return python(folder, *words, "prog.py", **variables)


def test_calls_go_to_the_vendors_module_as_they_are(tmp_path, vendors):
    ended = ran(
        tmp_path,
        """\
import acl_api as acl
acl.use_backend("ascend", via="pyacl")
seen = []
print(acl.init(), acl.init("acl.json"), acl.rt.set_device(3), acl.rt.get_device_count())
print(acl.rt.launch_callback(seen.append, "data", 1, 77), seen)
try:
    acl.rt.stream_query("x")
except TypeError as error:
    print(error)
try:
    acl.rt.create_stream()
except AttributeError as error:
    print(error)
import acl as vendors
print(vendors.asked)
""",
        PYTHONPATH=str(vendors),
    )
    assert ended.out.splitlines() == [
        "0 0 0 (2, 0)",
        "0 ['data']",
        "the vendor's own words",
        f"acl.rt.create_stream: the vendor's module {vendors / 'acl' / '__init__.py'} has no such function",
        "[('init', ()), ('init', ('acl.json',)), ('set_device', (3,)), ('launch_callback', ('data', 1, 77))]",
    ], ended.err


def test_exec_puts_it_behind_import_acl_and_records(tmp_path, vendors):
    ended = ran(
        tmp_path,
        "import acl\nprint(acl.init(), acl.rt.set_device(0), acl.__name__)\n",
        *("-m", "simulator.app", "exec", "--backend", "ascend", "--via", "pyacl", "--record", "run.trace"),
        PYTHONPATH=str(vendors),
    )
    assert (ended.code, ended.out) == (0, "0 0 acl\n"), ended.err
    assert str(vendors / "acl" / "__init__.py") in ended.closing
    checked = python(tmp_path, "-m", "simulator.app", "check", "run.trace")
    assert (checked.code, "2 records" in checked.out) == (0, True)


def test_scenarios_run_through_it_too(tmp_path, vendors):
    (tmp_path / "mine.yaml").write_text(
        "schema_version: 1\ntitle: one call\nthreads: {main: [init, {set_device: {device: 0}}]}\n", "utf-8"
    )
    words = ("run", "mine.yaml", "--backend", "ascend", "--via", "pyacl")
    ended = python(tmp_path, "-m", "simulator.app", *words, PYTHONPATH=str(vendors))
    assert ended.code == 0, ended.err
    assert "Ascend910B4, 2 devices" in ended.out


def test_without_the_vendors_module_it_is_refused(tmp_path):
    ended = ran(tmp_path, "", "-m", "simulator.app", "exec", "--backend", "ascend", "--via", "pyacl")
    assert ended.code == 2
    assert "there is no module acl of the vendor's: source set_env.sh" in ended.closing


def test_a_module_that_cannot_be_imported_is_refused_with_its_reason(tmp_path, vendors):
    (vendors / "acl" / "__init__.py").write_text("import no_such_driver\n", "utf-8")
    words = ("-m", "simulator.app", "exec", "--backend", "ascend", "--via", "pyacl")
    ended = ran(tmp_path, "", *words, PYTHONPATH=str(vendors))
    assert ended.code == 2
    assert "cannot be imported: No module named 'no_such_driver'" in ended.closing
