"""acl.init with a configuration file: what is refused with which code, and what has an effect (rule g2)."""

from __future__ import annotations

import json

import pytest

import acl_api as acl
from acl_api import rt, util
from acl_api.session import Session


@pytest.fixture
def write(tmp_path):
    def write(content: object, name: str = "acl.json") -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


@pytest.fixture(autouse=True)
def _session():
    with Session(devices=2):
        yield


def test_an_empty_file_and_an_empty_object_are_accepted(write):
    assert acl.init(write("")) == 0
    assert acl.finalize() == 0
    with Session():
        assert acl.init(write({})) == 0


def test_a_file_that_is_not_there_a_folder_and_one_that_is_too_large(tmp_path, write):
    assert acl.init(str(tmp_path / "none.json")) == 100003
    assert acl.init(str(tmp_path)) == 100003
    assert acl.init(write(" " * ((10 << 20) + 1))) == 100003
    assert acl.init() == 0, "what was refused is not remembered"


@pytest.mark.parametrize(
    "content",
    ["{", "x", "{'a': 1}", '{"a": NaN}', "[" * 11 + "]" * 11, "{}{}", '{"a":' * 11 + "1" + "}" * 11],
)
def test_what_is_no_json_or_nests_too_deep(write, content):
    assert acl.init(write(content)) == 100006


def test_ten_brackets_deep_is_allowed(write):
    assert acl.init(write('{"a":' * 10 + "1" + "}" * 10)) == 0


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"err_msg_mode": "2"}, 100000),
        ({"err_msg_mode": 1}, 100000),
        ({"max_opqueue_num": "0"}, 100000),
        ({"max_opqueue_num": "many"}, 100000),
        ({"StackSize": {"aicore_stack_size": "big"}}, 500001),
        ({"defaultDevice": {"default_device": 0}}, 500001),
        ({"defaultDevice": {"default_device": "01"}}, 500001),
        ({"defaultDevice": {"default_device": "-1"}}, 500001),
        ({"defaultDevice": {"default_device": "2"}}, 107001),
        ({"simd_printf_fifo_size_per_core": "1"}, 500001),
        ({"simt_printf_fifo_size": 0}, 500001),
        ({"acl_graph": {"event_mode": "2"}}, 100000),
        ({"profiler": {"switch": "on", "colour": "red"}}, 100000),
        ({"profiler": {"switch": "on", "output": "out", "aic_metrics": "Everything"}}, 100000),
        ({"profiler": {"switch": "on", "storage_limit": "100MB"}}, 100000),
        ({"profiler": {"switch": "on", "sys_cpu_freq": 51}}, 100000),
        ({"dump": []}, 100009),
        # Of several faults the first section decides.
        ({"max_opqueue_num": "0", "dump": [], "defaultDevice": {"default_device": 0}}, 100009),
        ({"acl_graph": {"event_mode": "2"}, "defaultDevice": {"default_device": "9"}}, 107001),
    ],
)
def test_a_section_that_is_wrong_gives_its_code(write, content, code):
    assert acl.init(write(content)) == code


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"err_msg_mode": "1", "max_opqueue_num": "20000", "StackSize": {"aicore_stack_size": 32768}},
        {"profiler": {"switch": "off", "colour": "red"}},
        {"simt_printf_fifo_size": 4096, "acl_graph": {"event_mode": "1"}},
        {"defaultDevice": {}},
        {"unknown": 1},
        {"dump": {}},
    ],
)
def test_what_is_accepted(write, content):
    assert acl.init(write(content)) == 0


STEP = {"dump_path": ".", "dump_op_switch": "on"}


@pytest.mark.parametrize(
    ("dump", "fits"),
    [
        (STEP, True),
        ({"dump_path": "/nowhere/at/all"}, False),
        ({"dump_path": "192.168.0.1:/tmp", "dump_mode": "all"}, True),
        ({"dump_mode": "all"}, False),
        (STEP | {"dump_mode": "some"}, False),
        (STEP | {"dump_level": ""}, False),
        (STEP | {"dump_step": "1|3-5"}, True),
        (STEP | {"dump_step": "5-3"}, False),
        (STEP | {"dump_step": "x"}, False),
        (STEP | {"dump_data": "stats", "dump_stats": ["Max", "Nan"]}, True),
        (STEP | {"dump_stats": ["Max"]}, False),
        (STEP | {"dump_data": "stats", "dump_stats": []}, False),
        (STEP | {"dump_kernel_data": "printf,assert"}, True),
        (STEP | {"dump_kernel_data": "printf,x"}, False),
        (STEP | {"dump_debug": "on"}, False),
        ({"dump_path": ".", "dump_debug": "on", "dump_step": "x"}, True),
        ({"dump_scene": "lite_exception"}, True),
        ({"dump_scene": "lite_exception", "dump_op_switch": "on"}, False),
        (
            {
                "dump_scene": "watcher",
                "dump_path": ".",
                "dump_mode": "output",
                "dump_list": [{"watcher_nodes": ["a"]}],
            },
            True,
        ),
        ({"dump_scene": "watcher", "dump_path": ".", "dump_list": [{"model_name": "m"}]}, False),
        (STEP | {"dump_list": [{"watcher_nodes": ["a"]}]}, False),
        (STEP | {"dump_list": [1]}, False),
        ({"dump_path": ".", "dump_list": [{"model_name": "m", "layer": ["a"]}]}, True),
        ({"dump_path": ".", "dump_list": [{"model_name": "m", "layer": []}]}, False),
        (
            STEP
            | {"dump_level": "op", "dump_list": [{"optype_blacklist": [{"name": "Add", "pos": ["input0"]}]}]},
            True,
        ),
        (STEP | {"dump_list": [{"optype_blacklist": []}]}, False),
        (STEP | {"dump_level": "op", "dump_list": [{"opname_range": [{"begin": "a", "end": "b"}]}]}, False),
        (
            STEP
            | {
                "dump_level": "op",
                "dump_list": [{"model_name": "m", "opname_range": [{"begin": "a", "end": "b"}]}],
            },
            True,
        ),
    ],
)
def test_the_section_dump(write, monkeypatch, tmp_path, dump, fits):
    monkeypatch.chdir(tmp_path)
    assert acl.init(write({"dump": dump})) == (0 if fits else 100009)


def test_another_content_is_refused_for_the_rest_of_the_process(write):
    first, second = write({"a": 1}), write({"a": 2}, "second.json")
    assert acl.init(first) == 0
    assert acl.finalize() == 0
    assert acl.init(second) == 100000
    assert acl.init() == 100000
    assert acl.init(write({"a": 1}, "third.json")) == 0, "it is the content that counts"


def test_another_content_is_noticed_before_it_is_read(write):
    assert acl.init() == 0
    assert acl.finalize() == 0
    assert acl.init(write("{")) == 100000


def test_threads_without_a_device_work_on_the_default_one(write):
    assert acl.init(write({"defaultDevice": {"default_device": "1"}})) == 0
    assert rt.get_device() == (1, 0)
    assert rt.get_primary_ctx_state(1) == (0, 0, 0), "asking does not set it"
    stream, code = rt.create_stream()
    assert code == 0
    assert rt.get_primary_ctx_state(1) == (1, 0, 0)
    seen = []
    thread, _ = util.start_thread(lambda _: seen.extend([rt.get_device(), rt.synchronize_stream(stream)]), [])
    assert util.stop_thread(thread) == 0
    assert seen == [(1, 0), 0]


def test_a_device_that_was_set_goes_before_the_default_one(write):
    assert acl.init(write({"defaultDevice": {"default_device": "1"}})) == 0
    assert rt.set_device(0) == 0
    assert rt.get_device() == (0, 0)


def test_without_acl_there_is_no_default_device_any_more(write):
    assert acl.init(write({"defaultDevice": {"default_device": "1"}})) == 0
    assert acl.finalize() == 0
    assert rt.get_device() == (0, 107002)
