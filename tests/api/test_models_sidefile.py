"""Side files: what they may say, how mistakes are told, and whose code a run may use."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from acl_api.models.sidefile import how_to_declare, read_side_file
from simulator.base.errors import UserError
from tests.api.model_files import DOUBLE, Rig, mdl, ramp


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ACLSIM_ALLOW_CODE", raising=False)
    with Rig(tmp_path) as rig:
        yield rig


def test_a_model_without_a_side_file_fails_as_a_missing_file_does(rig):
    assert mdl.load_from_file(str(rig.folder / "net.om")) == (0, 145002)
    (rig.folder / "net.om").write_bytes(b"offline model")
    assert mdl.load_from_file(str(rig.folder / "net.om")) == (0, 145002)


def test_how_to_declare_a_model_names_the_file_and_the_command():
    said = how_to_declare("models/net.om")
    assert "describe net.om in net.om.toml beside it" in said
    assert "aclsim model models/net.om --from NET.onnx" in said


def test_a_relative_path_is_looked_up_in_the_working_directory(rig):
    rig.load()
    assert mdl.load_from_file("net.om")[1] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("latency", "latencies"), "'latencies' is no key of a side file"),
        (('latency = "1ms"\n', ""), "'latency' is missing: write what one run takes"),
        (('"1ms"', "3"), "'latency' is wrong"),
        (('"1ms"', '"1ms"\ncores = 0'), "'cores' is 0: it must be a whole number from 1"),
        (('"float32"', '"float33"'), "'inputs[0].dtype' is 'float33'; there are float32, float16"),
        (("[4]", "[4.5]"), "'inputs[0].shape' is [4.5]: it must be a list of sizes"),
        (("[4]", "[-2]"), "'inputs[0].shape' is [-2]"),
        (('"x"', '"x"\nformat = "NCWH"'), "'inputs[0].format' is 'NCWH'; there are"),
        (('"x"', '"x"\nunit = 1'), "'inputs[0].unit' is no key"),
        (('"work:double"', '"work.py"'), "write package.module:function"),
        (('"work:double"', '"work:treble"'), "work has no function treble"),
        (('"work:double"', '"nowhere:run"'), "which is neither beside it nor installed"),
        (('"1ms"', '"1ms"\nonnx = "net.onnx"'), "'python' and 'onnx' exclude each other"),
        (('python = "work:double"', 'onnx = "net.onnx"'), "there is no such ONNX file"),
        (('"1ms"', '"1ms"\nsha256 = "12"'), "'sha256' is '12': it must be the 64 hex digits"),
        (('"1ms"', '"1ms"\ndynamic_batch = [1]'), "no input has an open dimension"),
        (('"1ms"', '"1ms"\ndynamic_batch = []'), "'dynamic_batch' must be a list of gears"),
        (('"1ms"', '"1ms"\ndynamic_batch = [1]\ndynamic_hw = [[1, 1]]'), "exclude each other"),
        (("[[inputs]]", "[inputs]"), "write [[inputs]] above"),
        (('"1ms"', '"1ms'), "this is not TOML"),
    ],
)
def test_a_mistake_is_told_with_the_file_and_the_key(rig, change, said):
    wrong, right = change
    assert wrong in DOUBLE
    with pytest.raises(UserError) as refused:
        rig.load(DOUBLE.replace(wrong, right, 1))
    assert str(refused.value).startswith(str(rig.folder / "net."))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("gears", "shape", "said"),
    [
        ("dynamic_hw = [[1]]", "[-1, -1]", "'dynamic_hw' has the gear [1]: it must have 2 numbers"),
        ("dynamic_dims = [[1, 2, 3]]", "[-1, -1]", "the gear [1, 2, 3]: it must have 2 numbers"),
        ("dynamic_dims = [[1, 2]]", "[-1, -1]", "'outputs[0].shapes' is missing"),
        ("dynamic_batch = [0]", "[-1]", "'dynamic_batch' is [0]"),
    ],
)
def test_gears_must_fit_the_open_dimensions(tmp_path, gears, shape, said):
    path = tmp_path / "net.om.toml"
    path.write_text(f"{gears}\n{DOUBLE.replace('[4]', shape)}")
    with pytest.raises(UserError) as refused:
        read_side_file(path)
    assert said in str(refused.value)


def test_a_side_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "net.om.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="this is not UTF-8 text"):
        read_side_file(path)


def test_code_from_outside_the_working_directory_needs_leave(rig, monkeypatch):
    (rig.folder / "here").mkdir()
    monkeypatch.chdir(rig.folder / "here")
    with pytest.raises(UserError, match="outside the working directory; allow it with --allow-code"):
        rig.load()
    monkeypatch.setenv("ACLSIM_ALLOW_CODE", "1")
    assert rig.load() == 1


def test_refused_code_is_not_run(rig, monkeypatch):
    (rig.folder / "here").mkdir()
    (rig.folder / "work.py").write_text("raise SystemExit('this ran')")
    monkeypatch.chdir(rig.folder / "here")
    with pytest.raises(UserError):
        rig.load()


def test_a_network_outside_both_folders_needs_leave(rig, tmp_path_factory):
    far = tmp_path_factory.mktemp("far") / "net.onnx"
    with pytest.raises(UserError, match="leads out of the side file's folder"):
        rig.load(DOUBLE.replace('python = "work:double"', f'onnx = "{far}"'))


def test_two_folders_may_each_have_a_module_of_the_same_name(rig):
    results = []
    for name, factor in (("a", 3), ("b", 5)):
        folder = rig.folder / name
        folder.mkdir()
        (folder / "work.py").write_text(f"def double(i, o):\n    o[0][:] = i[0] * {factor}\n")
        (folder / "net.om.toml").write_text(DOUBLE)
        model, _ = mdl.load_from_file(str(folder / "net.om"))
        out = rig.upload(ramp(4))
        assert mdl.execute(model, rig.dataset((rig.upload(ramp(4)), 16)), rig.dataset((out, 16))) == 0
        results.append(rig.download(out, "float32", (4,))[1])
    assert results == [3, 5]


def test_loading_leaves_the_search_path_as_it_was(rig):
    before = list(sys.path)
    rig.load()
    assert sys.path == before


def test_a_network_without_onnxruntime_says_what_to_install(rig, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    Path("net.onnx").write_bytes(b"")
    with pytest.raises(UserError, match=r"pip install 'aclsim\[onnx\]'"):
        rig.load(DOUBLE.replace('python = "work:double"', 'onnx = "net.onnx"'))


def test_what_is_no_network_is_refused_with_the_reason(rig):
    Path("net.onnx").write_bytes(b"no network")
    with pytest.raises(UserError, match=r"net\.onnx: onnxruntime cannot load this network: "):
        rig.load(DOUBLE.replace('python = "work:double"', 'onnx = "net.onnx"'))
