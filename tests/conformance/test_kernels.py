"""Rule i3 and the vendor's checks: binaries, functions, lists of arguments, and kernels that compute."""

from __future__ import annotations

import ctypes
import struct
from typing import Any, cast

import numpy as np
import pytest

import acl_api as acl
from simulator.base.errors import UserError
from simulator.base.memory_records import TaskAccess
from simulator.base.trace import Noted, StreamFailed, TaskRan
from simulator.check.memory import check_memory
from tests.conformance.calls_on_memory import (
    OBJECT,
    arguments,
    binary,
    cpu_program,
    device_memory,
    function,
    own_memory,
    program,
)
from tests.conformance.efgh import hold, peek, pinned_memory, poke, rt, without_context
from tests.conformance.machine import NULL

SIZE = 64
HERE = ctypes.addressof(OBJECT)
LAUNCHED = "launch_kernel"


def notes(m):
    return [note.finding for note in m.records(Noted)]


def holding(data):
    pointer, code = rt.malloc(len(data), 0)
    assert code == 0
    poke(pointer, data)
    return int(pointer)


def launch(name, stream, *numbers, blocks=8):
    """Launch a kernel whose arguments are numbers of eight bytes in device memory."""
    args = holding(struct.pack(f"<{len(numbers)}Q", *numbers))
    return rt.launch_kernel(function(name), blocks, args, 8 * len(numbers), stream)


def add(launch):
    left, right, result = (launch.array(launch.pointer(at), 16, np.float32) for at in range(3))
    result[:] = left + right


def spans(*which):
    return lambda launch: [(launch.pointer(at), SIZE) for at in which]


# -- kernels that compute


def test_i3_a_kernel_works_on_the_devices_memory_when_its_task_ends(machine):
    m = machine()
    acl.register_kernel("add", add, duration="5us", reads=spans(0, 1), writes=spans(2))
    numbers = np.arange(16, dtype=np.float32)
    left, right, result, stream = (
        holding(numbers.tobytes()),
        holding(numbers.tobytes()),
        device_memory(),
        m.stream(),
    )
    release = hold(stream)
    assert launch("add", stream, left, right, result) == 0
    assert peek(result, 4) == b"\xcd" * 4
    release()
    assert rt.synchronize_stream(stream) == 0
    assert np.frombuffer(peek(result, SIZE), np.float32).tolist() == (numbers * 2).tolist()
    (ran,) = (record for record in m.records(TaskRan) if record.kind == "execute")
    assert ran.name == "add"
    assert notes(m) == []


def test_i3_what_a_kernel_is_given(machine):
    m = machine()
    seen = []
    acl.register_kernel(
        "show", lambda it: seen.append((it.name, it.block_dim, it.args, it.unpack("<QI"), repr(it)))
    )
    stream = m.stream()
    assert launch("show", stream, 7, 9, blocks=3) == 0
    assert rt.synchronize_stream(stream) == 0
    assert seen == [("show", 3, struct.pack("<QQ", 7, 9), (7, 9), "<launch of show on 3 blocks>")]


def test_i3_a_kernel_takes_its_time_on_a_core_for_each_block(machine):
    m = machine()
    acl.register_kernel("slow", lambda _launch: None, duration=1_000_000)
    launched = m.session.kernel.now
    cores = m.session.profile.engines.ai_cores
    one, other = m.stream(), m.stream()
    for stream in (one, other):
        assert launch("slow", stream, 0, blocks=cores) == 0
    assert rt.synchronize_device() == 0
    assert m.session.kernel.now - launched >= 2_000_000  # one after the other
    launched = m.session.kernel.now
    for stream in (one, other):
        assert launch("slow", stream, 0, blocks=1) == 0
    assert rt.synchronize_device() == 0
    assert m.session.kernel.now - launched < 2_000_000


def test_i3_a_kernel_that_raises_fails_its_task(machine):
    m = machine()

    def broken(_launch):
        raise ZeroDivisionError("no")

    acl.register_kernel("broken", broken, writes=lambda _launch: [])
    stream = m.stream()
    assert launch("broken", stream, 0) == 0
    assert rt.synchronize_stream(stream) == 507015
    assert m.records(StreamFailed)[0].code == 507015
    (note,) = m.records(Noted)
    assert note.finding == "kernel-failed"
    assert "kernel broken failed: ZeroDivisionError: no (test_kernels.py:" in note.text
    assert "(launched at " in note.text
    assert "ZeroDivisionError" in acl.get_recent_err_msg()


@pytest.mark.parametrize("soc", ["Ascend910B", "Ascend310B"])
def test_i3_memory_that_a_kernel_cannot_reach(machine, soc):
    m = machine(soc)
    acl.register_kernel("touch", lambda it: it.array(it.pointer(0), 64), writes=lambda _launch: [])
    freed, stream = device_memory(), m.stream()
    assert rt.free(freed) == 0
    assert launch("touch", stream, freed) == 0
    assert rt.synchronize_stream(stream) == 507015
    acl.register_kernel("touch", lambda it: it.array(it.pointer(0), 64), writes=spans(0))
    shared = m.session.profile.runtime.host_shares_device_memory
    assert launch("touch", stream, pinned_memory()) == 0
    assert rt.synchronize_stream(stream) == (0 if shared else 507015)
    assert launch("touch", stream, pinned_memory(8)) == 0
    assert rt.synchronize_stream(stream) == 507015


def test_i3_memory_that_a_kernel_does_not_say_it_touches(machine):
    m = machine()
    acl.register_kernel("sly", lambda it: it.array(it.pointer(1), 64), reads=spans(0))
    stream = m.stream()
    assert launch("sly", stream, device_memory(), device_memory()) == 0
    assert rt.synchronize_stream(stream) == 507015
    assert "that its reads and writes do not name" in m.records(Noted)[0].text


def test_i3_arguments_that_the_device_cannot_reach(machine):
    m = machine()
    acl.register_kernel("add", add, writes=lambda _launch: [])
    stream = m.stream()
    assert rt.launch_kernel(function(), 1, own_memory(), 24, stream) == 0
    assert rt.synchronize_stream(stream) == 507015
    assert notes(m)[-1] == "bad-address"


# -- what is not known


def test_i3_a_kernel_without_a_function_takes_its_time_and_says_so_once(machine):
    m = machine()
    stream, result = m.stream(), device_memory()
    for _ in range(2):
        assert launch("mystery", stream, result) == 0
    assert rt.synchronize_stream(stream) == 0
    assert peek(result, 4) == b"\xcd" * 4
    assert notes(m) == ["kernel-without-function"]


def test_i3_a_kernel_of_which_nobody_says_what_it_touches(machine):
    m = machine()
    acl.register_kernel("add", lambda _launch: None)
    stream = m.stream()
    for _ in range(2):
        assert launch("add", stream, 0) == 0
    assert rt.synchronize_stream(stream) == 0
    assert notes(m) == ["kernel-touches-unknown"]
    told = [record for record in m.records(TaskAccess) if not record.exact]
    assert [(record.reads, record.writes) for record in told] == [((), ())] * 2


def test_i3_what_a_kernel_touches_cannot_be_told(machine):
    m = machine()
    acl.register_kernel("add", lambda _launch: None, reads=spans(9))
    stream = m.stream()
    assert launch("add", stream, 0) == 0
    assert rt.synchronize_stream(stream) == 507015
    assert notes(m) == ["kernel-touches-unknown", "kernel-failed"]


def test_i3_races_of_kernels_are_seen(machine):
    m = machine()
    acl.register_kernel("add", add, reads=spans(0, 1), writes=spans(2))
    buffers = [holding(bytes(SIZE)) for _ in range(3)]
    for buffer in buffers:
        assert rt.memset(buffer, SIZE, 0, SIZE) == 0
    one, other = m.stream(), m.stream()
    args = holding(struct.pack("<3Q", *buffers))
    assert rt.memcpy(args, 24, args, 24, 3) == 0
    assert launch("add", one, *buffers) == 0
    assert rt.memset_async(buffers[1], SIZE, 1, SIZE, other) == 0
    assert rt.synchronize_device() == 0
    assert "race" in [finding.id for finding in check_memory(m.session.trace)]


# -- registering


def test_i3_kernels_are_registered_with_care(machine):
    machine()
    for wrong in (
        lambda: acl.register_kernel("", add),
        lambda: acl.register_kernel("add", cast("Any", 5)),
        lambda: acl.register_kernel("add", add, duration="soon"),
        lambda: acl.register_kernel("add", add, cores=0),
    ):
        with pytest.raises(UserError, match="register_kernel"):
            wrong()


# -- binaries


def test_0_3_what_is_no_binary(machine, tmp_path):
    m = machine()
    empty, text = tmp_path / "empty.o", tmp_path / "text.o"
    empty.write_bytes(b"")
    text.write_text("no ELF at all".ljust(100))
    for path in (tmp_path / "absent.o", empty, text, tmp_path):
        assert rt.binary_load_from_file(str(path), []) == (0, 107000)
    assert rt.binary_load_from_data(HERE, 63, []) == (0, 107000)
    assert set(notes(m)) == {"bad-binary"}


@pytest.mark.parametrize(
    ("option", "file", "data"),
    [
        ((1, 0), True, True),
        ((1, 2), False, False),
        ((2, 0x43554245), False, True),
        ((2, 1), False, False),
        ((3, 0), True, False),
        ((3, 2), False, True),
        ((9, 0), False, False),
    ],
)
def test_0_3_options_of_loading(machine, tmp_path, option, file, data):
    machine()
    path = tmp_path / "kernel.o"
    path.write_bytes(OBJECT.raw)
    options = [{"type": option[0], "value": option[1]}]
    assert (rt.binary_load_from_file(str(path), options)[1] == 0) is file
    assert (rt.binary_load_from_data(HERE, 64, options)[1] == 0) is data


def test_0_3_lists_of_options_as_the_binding_reads_them(machine):
    machine()
    with pytest.raises(ValueError, match="argument 2 only support the format of list"):
        rt.binary_load_from_file("x.o", None)
    with pytest.raises(TypeError, match="the bin_option argument is not dict"):
        rt.binary_load_from_file("x.o", [1])


def elf_with(*names):
    """A real object's headers with a table of symbols."""
    texts = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    table = bytes(24)
    for name in names:
        table += struct.pack("<IBBHQQ", texts.index(name.encode()), 0x12, 0, 1, 0, 0)
    sections = [(0, 0, 0, 0), (2, 64, len(table), 2), (3, 64 + len(table), len(texts), 0)]
    start = 64 + len(table) + len(texts)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 1, 0, 1, 0, 0, start, 0, 64, 0, 0, 64, len(sections), 0)
    body = b"".join(
        struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, at, size, link, 0, 1, 24)
        for kind, at, size, link in sections
    )
    return header + table + texts + body


def test_i3_functions_are_found_among_the_symbols(machine, tmp_path):
    m = machine()
    path = tmp_path / "kernel.o"
    path.write_bytes(elf_with("plain", "mixed_mix_aic", "tiled_17_mix_aiv", "old__kernel0"))
    loaded, code = rt.binary_load_from_file(str(path), [])
    assert code == 0
    for name in ("plain", "mixed", "tiled", "tiled_17", "old"):
        handle, code = rt.binary_get_function(loaded, name)
        assert code == 0
        assert rt.binary_get_function(loaded, name) == (handle, 0)
        assert rt.get_function_name(handle, 100) == (name, 0)
    assert rt.binary_get_function(loaded, "mix") == (0, 107000)
    assert notes(m) == ["no-such-kernel"]
    acl.register_kernel("mix")
    assert rt.binary_get_function(loaded, "mix")[1] == 0


def test_i3_kernels_told_of_beside_the_binary(machine, tmp_path, monkeypatch):
    m = machine()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work.py").write_text("def double(launch):\n    launch.array(launch.pointer(0), 8)[:] *= 2\n")
    path = tmp_path / "kernel.o"
    path.write_bytes(OBJECT.raw)
    side = tmp_path / "kernel.o.toml"
    side.write_text('[kernels.double]\nduration = "1ms"\ncores = 2\npython = "work:double"\n')
    loaded, code = rt.binary_load_from_file(str(path), [])
    assert code == 0
    handle, _ = rt.binary_get_function(loaded, "double")
    data, stream = holding(b"\3" * 8), m.stream()
    args = holding(struct.pack("<Q", data))
    before = m.session.kernel.now
    assert rt.launch_kernel(handle, 1, args, 8, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert peek(data, 8) == b"\6" * 8
    assert m.session.kernel.now - before >= 1_000_000
    for wrong in (
        "latency = 3",
        "[kernels.a]\nspeed = 1",
        '[kernels.a]\nduration = "x"',
        "[kernels.a]\ncores = 0",
        "[",
    ):
        side.write_text(wrong)
        with pytest.raises(UserError, match=r"kernel\.o\.toml"):
            rt.binary_load_from_file(str(path), [])


def test_0_3_binaries_and_functions_go_stale(machine):
    m = machine()
    loaded = program()
    handle, _ = rt.binary_get_function(loaded, "add")
    assert rt.binary_unload(loaded) == 0
    assert rt.binary_unload(loaded) == 107017
    assert rt.get_function_name(handle, 10) == ("", 107017)
    assert rt.launch_kernel(handle, 1, device_memory(), 8, NULL) == 107017
    assert notes(m) == ["stale-handle"] * 3


def test_0_3_described_binaries(machine):
    m = machine()
    assert rt.create_binary(0, 64) == 0
    made = binary()
    loaded, code = rt.binary_load(made)
    assert code == 0
    assert without_context(m, lambda: rt.binary_load(made)) == (0, 107002)
    assert rt.destroy_binary(made) == 0
    assert rt.destroy_binary(made) == 100000
    assert rt.binary_get_function(loaded, "add")[1] == 0
    assert without_context(m, lambda: rt.binary_get_function(loaded, "sub")) == (0, 107000)
    short = rt.create_binary(HERE, 0)
    assert rt.binary_load(short) == (0, 107000)


def test_i3_names_and_addresses_of_functions(machine):
    machine()
    handle = function("add")
    assert rt.get_function_name(handle, 4) == ("add", 0)
    assert rt.get_function_name(handle, 3) == ("", 107000)
    with pytest.raises(ValueError, match="maxLen should be less than 1024"):
        rt.get_function_name(handle, 1024)
    aic, aiv, code = rt.get_function_addr(handle)
    assert (aic != 0, aiv, code) == (True, 0, 0)


def test_i3_functions_for_the_devices_own_processor(machine):
    m = machine()
    handle, code = rt.register_cpu_func(cpu_program(), "run", "AddCpu")
    assert code == 0
    assert rt.get_function_addr(handle) == (0, 0, 107000)
    assert rt.register_cpu_func(program(), "run", "AddCpu") == (0, 107000)
    with pytest.raises(ValueError, match="argument 2 or 3 must not be empty"):
        rt.register_cpu_func(cpu_program(), "", "AddCpu")
    stream = m.stream()
    assert rt.launch_kernel(handle, 1, holding(bytes(8)), 8, stream) == 0
    assert rt.synchronize_stream(stream) == 0


# -- lists of arguments


def launched_with(handle, func, stream, cfg=()):
    return rt.launch_kernel_with_config(func, 4, stream, list(cfg), handle, 0)


def test_i3_arguments_are_taken_at_the_launch(machine):
    m = machine()
    seen = []
    acl.register_kernel("show", lambda it: seen.append(it.unpack("<IxxxxQ")), reads=lambda _launch: [])
    func, stream = function("show"), m.stream()
    handle, _ = rt.kernel_args_init(func)
    host = pinned_memory(16)
    poke(host, struct.pack("<IQ", 5, 6)[:12])
    small, code = rt.kernel_args_append(handle, host, 4)
    assert code == 0
    large, code = rt.kernel_args_append(handle, host + 4, 8)  # begins at 8
    assert code == 0
    assert launched_with(handle, func, stream) == 107000
    assert rt.kernel_args_finalize(handle) == 0
    release = hold(stream)
    assert launched_with(handle, func, stream) == 0
    poke(host, struct.pack("<I", 50))
    assert rt.kernel_args_para_update(handle, small, host, 4) == 0
    assert launched_with(handle, func, stream) == 107000  # not finalised again
    assert rt.kernel_args_finalize(handle) == 0
    assert launched_with(handle, func, stream) == 0
    release()
    assert rt.synchronize_stream(stream) == 0
    assert seen == [(5, 6), (50, 6)]
    assert rt.kernel_args_para_update(handle, large, host, 4) == 107000
    assert rt.kernel_args_append(handle, host, 4) == (0, 207000)


def test_i3_data_of_placeholders_is_found_behind_the_arguments(machine):
    m = machine()
    seen = []
    acl.register_kernel(
        "show", lambda it: seen.append(bytes(it.array(it.pointer(1), 3))), reads=lambda _launch: []
    )
    func, stream = function("show"), m.stream()
    handle, _ = rt.kernel_args_init(func)
    plain, _ = rt.kernel_args_append(handle, own_memory(), 8)
    holder, code = rt.kernel_args_append_place_holder(handle)
    assert code == 0
    assert rt.kernel_args_get_place_holder_buffer(handle, plain, 3) == (0, 107000)
    address, code = rt.kernel_args_get_place_holder_buffer(handle, holder, 3)
    assert code == 0
    poke(address, b"abc")
    assert rt.kernel_args_append(handle, own_memory(), 8) == (0, 207000)
    assert rt.kernel_args_append_place_holder(handle) == (0, 207000)
    assert rt.kernel_args_para_update(handle, holder, own_memory(), 8) == 107000
    assert rt.kernel_args_finalize(handle) == 0
    assert rt.kernel_args_get_place_holder_buffer(handle, holder, 3) == (0, 207000)
    assert launched_with(handle, func, stream) == 0
    poke(address, b"xyz")
    assert rt.synchronize_stream(stream) == 0
    assert seen == [b"abc"]


def test_i3_a_list_holds_128_arguments_in_64_kib(machine):
    machine()
    handle, _ = rt.kernel_args_init(function())
    for _ in range(128):
        assert rt.kernel_args_append(handle, own_memory(), 1)[1] == 0
    assert rt.kernel_args_append(handle, own_memory(), 1) == (0, 107000)
    again, _ = rt.kernel_args_init(function())
    assert again == handle  # the thread's one list
    assert rt.kernel_args_append(handle, own_memory(), (64 << 10) + 1) == (0, 107000)


def test_i3_a_list_in_the_programs_own_memory(machine):
    m = machine()
    seen = []
    acl.register_kernel("show", lambda it: seen.append(it.args), reads=lambda _launch: [])
    func, stream = function("show"), m.stream()
    size, _ = rt.kernel_args_get_handle_mem_size(func)
    room, _ = rt.kernel_args_get_mem_size(func, 16)
    assert (size, room) == (96 + 128 * 48, 16 + 64 + 128 * 8)
    head, buffer = ctypes.create_string_buffer(size), ctypes.create_string_buffer(room)
    handle = ctypes.addressof(head)
    assert rt.kernel_args_init_by_user_mem(func, handle, ctypes.addressof(buffer), room) == 0
    poke(own_memory(), b"12345678")
    assert rt.kernel_args_append(handle, own_memory(), 8)[1] == 0
    assert buffer.raw[:8] == b"12345678"
    assert rt.kernel_args_finalize(handle) == 0
    assert launched_with(handle, func, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert seen == [b"12345678"]


@pytest.mark.parametrize(
    "cfg",
    [
        [{"id": 1, "value": 2}],
        [{"id": 5, "value": 2}],
        [{"id": 6, "value": 3}],
        [{"id": 9, "value": 2}],
        [{"id": 7, "value": 1}, {"id": 8, "value": 1}],
    ],
)
def test_i3_what_a_launch_cannot_be_configured_with(machine, cfg):
    machine()
    handle = arguments(complete=True)
    assert launched_with(handle, function(), NULL, cfg) == 107000
    assert launched_with(handle, function(), NULL, [{"id": 1, "value": 1}, {"id": 3}, {"id": 77}]) == 0


def test_i3_a_kernel_that_takes_longer_than_its_launch_allows(machine):
    m = machine()
    acl.register_kernel("add", lambda _launch: None, duration="2ms")
    handle, stream = arguments(complete=True), m.stream()
    assert launched_with(handle, function(), stream, [{"id": 8, "value": 1000}]) == 0
    assert rt.synchronize_stream(stream) == 507014
    assert launched_with(handle, function(), stream, [{"id": 7, "value": 1}]) == 0
    assert rt.synchronize_stream(stream) == 0
