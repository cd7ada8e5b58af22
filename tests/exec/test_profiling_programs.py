"""Programs that profile themselves and load models in every way, under `aclsim exec`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exec.launch import execute, program

SIDE_FILE = """\
latency = "2ms"
[[inputs]]
name = "image"
shape = [1, 3, 16, 32]
dtype = "uint8"
format = "NCHW"
aipp = {type = "dynamic", max_src_image_size = 8192}
[[outputs]]
name = "y"
shape = [4]
dtype = "float32"
"""
PROFILES = """\
import os, threading
import acl

def check(ret):
    assert ret == 0, ret

check(acl.init())
check(acl.rt.set_device(0))
model, ret = acl.mdl.load_from_file("net.om")
check(ret)
check(acl.prof.init("out"))
config = acl.prof.create_config([0], 0xFF, 0, 0x83)
check(acl.prof.start(config))
stamp = acl.prof.create_stamp()
check(acl.prof.set_stamp_trace_message(stamp, "batch", 5))
check(acl.prof.push(stamp))
stream, ret = acl.rt.create_stream()
check(ret)
image, ret = acl.rt.malloc(1536, 0)
out, ret = acl.rt.malloc(64, 0)
params, ret = acl.rt.malloc(160, 0)
source, target = acl.mdl.create_dataset(), acl.mdl.create_dataset()
for address, size in ((image, 1536), (params, 160)):
    acl.mdl.add_dataset_buffer(source, acl.create_data_buffer(address, size))
acl.mdl.add_dataset_buffer(target, acl.create_data_buffer(out, 16))
aipp = acl.mdl.create_aipp(1)
check(acl.mdl.set_aipp_input_format(aipp, 3))
check(acl.mdl.set_aipp_src_image_size(aipp, 32, 16))
check(acl.mdl.set_aipp_by_input_index(model, source, 0, aipp))
check(acl.mdl.execute_async(model, source, target, stream))
check(acl.rt.synchronize_stream(stream))
check(acl.prof.pop())
check(acl.prof.stop(config))
check(acl.prof.finalize())

reads, writes = os.pipe()
def reader():
    data = b""
    while chunk := os.read(reads, 800):
        data += chunk
    address = acl.util.bytes_to_ptr(data)
    count, ret = acl.prof.get_op_num(address, len(data))
    print([acl.prof.get_op_name_v2(address, len(data), at) for at in range(count)])

check(acl.prof.model_subscribe(model, acl.prof.create_subscribe_config(1, 0xFF, writes)))
check(acl.mdl.execute(model, source, target))
check(acl.mdl.execute(model, source, target))
check(acl.prof.model_unsubscribe(model))
thread = threading.Thread(target=reader)
thread.start()
thread.join()
check(acl.mdl.unload(model))
check(acl.rt.destroy_stream(stream))
for address in (image, out, params):
    check(acl.rt.free(address))
check(acl.rt.reset_device(0))
check(acl.finalize())
"""


@pytest.mark.parametrize("host", ["baton", "free"])
def test_a_program_that_profiles_itself(tmp_path: Path, host: str):
    (tmp_path / "net.om.toml").write_text(SIDE_FILE)
    ended = execute(
        tmp_path, "--host", host, program(tmp_path, PROFILES), ACLSIM_PROF_STAMP="20260101000000000"
    )
    assert ended.code == 0, ended.err
    assert ended.out == "[('net', 0), ('net', 0)]\n"
    home = tmp_path / "out" / "PROF_000001_20260101000000000_SIM" / "mindstudio_profiler_output"
    assert sorted(path.name.split("_2026")[0] for path in home.iterdir()) == [
        *("api_statistic", "msprof"),
        *("op_summary", "task_time"),
    ]
    costs = home / "op_summary_20260101000000000.csv"
    again = execute(tmp_path, "--costs", str(costs), program(tmp_path, PROFILES), ACLSIM_PROF_STAMP="again")
    assert again.code == 0, again.err
    repeated = (
        tmp_path / "out" / "PROF_000001_again_SIM" / "mindstudio_profiler_output" / "op_summary_again.csv"
    )
    lines = [path.read_text().splitlines()[1].split(",")[9] for path in (costs, repeated)]
    assert lines[0] == lines[1]


def test_a_program_with_a_configuration_and_a_bundle(tmp_path: Path):
    text = (
        "import acl\n"
        "assert acl.init('acl.json') == 0\n"
        "number, ret = acl.mdl.bundle_load_from_file('two.om')\n"
        "assert ret == 0, ret\n"
        "print(acl.rt.get_device(), acl.mdl.bundle_get_model_num(number))\n"
        "assert acl.mdl.bundle_unload(number) == 0\n"
        "assert acl.finalize() == 0\n"
    )
    (tmp_path / "acl.json").write_text(
        '{"defaultDevice": {"default_device": "1"}, "profiler": {"switch": "on", "output": "out"}}'
    )
    (tmp_path / "two.om.toml").write_text('bundle = ["net.om", "net.om"]')
    (tmp_path / "net.om.toml").write_text(SIDE_FILE)
    ended = execute(tmp_path, program(tmp_path, text))
    assert ended.code == 0, ended.err
    assert ended.out == "(1, 0) (2, 0)\n"
    assert list((tmp_path / "out").glob("PROF_000001_*_SIM/mindstudio_profiler_output/api_statistic_*.csv"))
