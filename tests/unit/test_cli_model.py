"""`aclsim model`: side files from networks and from named tensors."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from acl_api.models.sidefile import read_side_file
from simulator.app.cli import main
from tests.api.test_models_runs import dense_network

TENSORS = ("--input", "x=float32[1,4]", "--output", "y=int8[1]")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def network():
    Path("net.onnx").write_bytes(dense_network(6, 3)[0])
    return "net.onnx"


def wrote(*args):
    result = CliRunner().invoke(main, ["model", "net.om", *args])
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    return read_side_file(Path("net.om.toml")), result.stderr


def refused(*args):
    result = CliRunner().invoke(main, ["model", *args])
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_a_side_file_has_the_tensors_and_the_work_of_the_network(network):
    side_file, said = wrote("--from", network, "--latency", "2.8ms", "--cores", "20")
    spec = side_file.spec
    assert (spec.name, spec.latency_ns, spec.cores, side_file.onnx) == ("net", 2_800_000, 20, "net.onnx")
    assert [(t.name, t.shape, t.dtype) for t in spec.inputs] == [("x", (-1, 6), "float32")]
    assert [(t.name, t.shape, t.dtype) for t in spec.outputs] == [("y", (-1, 3), "float32")]
    assert said == "aclsim: written: net.om.toml: 1 input, 1 output\n"


def test_a_latency_that_is_assumed_is_said(network):
    side_file, said = wrote("--from", network)
    assert side_file.spec.latency_ns == 1_000_000
    assert "the latency is assumed to be 1ms" in said


def test_fixed_inputs_fix_the_outputs(network):
    side_file, _ = wrote("--from", network, "--input-shape", "x:5,6")
    assert [tensor.shape for tensor in side_file.spec.inputs + side_file.spec.outputs] == [(5, 6), (5, 3)]


def test_gears_come_with_the_output_shapes_of_each(network):
    side_file, _ = wrote("--from", network, "--dynamic-batch-size", "1,4")
    gears = side_file.spec.gears
    assert gears is not None
    assert gears.values == ((1,), (4,))
    assert side_file.spec.outputs[0].gear_shapes == ((1, 3), (4, 3))
    assert side_file.spec.output_bytes(0) == 48


def test_dimensions_are_gears_too(network):
    side_file, _ = wrote("--from", network, "--dynamic-dims", "2;7")
    assert side_file.spec.outputs[0].gear_shapes == ((2, 3), (7, 3))


def test_where_there_is_no_model_file_a_few_bytes_stand_in_for_it(network):
    side_file, _ = wrote("--from", network)
    content = Path("net.om").read_bytes()
    assert b"no offline model" in content
    assert side_file.sha256 == hashlib.sha256(content).hexdigest()


def test_a_model_file_that_is_there_is_hashed_and_left_alone(network):
    Path("net.om").write_bytes(b"offline")
    side_file, _ = wrote("--from", network)
    assert Path("net.om").read_bytes() == b"offline"
    assert side_file.sha256 == hashlib.sha256(b"offline").hexdigest()


def test_two_models_have_different_bytes_in_their_places(network):
    wrote("--from", network)
    wrote("--from", network, "--latency", "3ms", "--force")
    first = Path("net.om").read_bytes()
    Path("net.om").unlink()
    wrote("--from", network, "--latency", "4ms", "--force")
    assert Path("net.om").read_bytes() != first


def test_tensors_can_be_named_without_a_network():
    side_file, _ = wrote("--python", "work:run", *TENSORS)
    assert side_file.python == "work:run"
    assert [(t.name, t.shape, t.dtype) for t in side_file.spec.outputs] == [("y", (1,), "int8")]


def test_names_are_written_so_that_they_are_read_back():
    side_file, _ = wrote("--input", 'a "b"\\n=float32[1]', "--output", "y=int8[1]")
    assert side_file.spec.inputs[0].name == 'a "b"\\n'
    assert tomllib.loads(Path("net.om.toml").read_text())["inputs"][0]["name"] == 'a "b"\\n'


def test_a_side_file_is_not_written_over_unless_forced(network):
    wrote("--from", network, "--latency", "1s")
    assert "this side file exists; write over it with --force" in refused("net.om", "--from", network)
    assert read_side_file(Path("net.om.toml")).spec.latency_ns == 10**9
    assert wrote("--from", network, "--force")[0].spec.latency_ns == 10**6


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("net.om",), "give --from NET.onnx, or name the tensors"),
        (("net.om", "--from", "none.onnx"), "none.onnx: there is no such ONNX file"),
        (("net.om", "--from", "net.onnx", *TENSORS), "the network names its own"),
        (("net.onnx", *TENSORS), "the name of a model file ends in .om"),
        (("none/net.om", *TENSORS), "the folder none does not exist"),
        (("net.om", "--output", "y"), "'y' is no tensor: write name=dtype[sizes]"),
        (("net.om", "--output", "y=float[1]"), "is no tensor"),
        (("net.om", "--from", "net.onnx", "--input-shape", "z:1"), "the network's inputs are x"),
        (("net.om", "--from", "net.onnx", "--input-shape", "x"), "write name:sizes"),
        (("net.om", "--from", "net.onnx", "--input-shape", "x:5,7"), "does not run on zeros of x:[5, 7]"),
        (("net.om", "--from", "net.onnx", "--dynamic-batch-size", "1,x"), "are no sizes"),
        (("net.om", "--from", "net.onnx", "--dynamic-batch-size", "0"), "are no sizes"),
        (
            ("net.om", "--from", "net.onnx", "--dynamic-batch-size", "1", "--dynamic-dims", "1"),
            "exclude each other",
        ),
        (("net.om", *TENSORS, "--dynamic-batch-size", "1"), "no input has an open dimension"),
        (("net.om", *TENSORS, "--latency", "3"), "3"),
    ],
)
@pytest.mark.usefixtures("network")
def test_what_cannot_be_written_is_refused_and_nothing_is(args, said):
    assert said in refused(*args)
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["net.onnx"]
