"""acl.util: threads of the binding, and the addresses of arrays and bytes objects."""

from __future__ import annotations

import errno
import threading
import traceback
import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import acl_api as acl
from simulator.base.trace import Called, Noted, ThreadEnded

rt: Any = import_module("acl_api.rt")
util: Any = import_module("acl_api.util")

DEPRECATED = "will be deprecated. Please use acl.util."
H2D, D2H = 1, 2
FLOAT32 = 11


@pytest.fixture(autouse=True)
def session():
    with acl.Session(devices=1) as session:
        assert rt.set_device(0) == 0
        yield session


def findings(session) -> list[str]:
    return [note.finding for note in session.trace.of(Noted)]


def quietly(function, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


# -- threads


@pytest.mark.shows("p38")
def test_a_thread_gets_its_one_argument_by_reference_and_none_means_no_argument():
    seen: list[object] = []
    data = ["user data"]
    with_data, code = util.start_thread(lambda given: seen.append(given is data), data)
    without, _ = util.start_thread(lambda: seen.append("no argument"), None)
    assert (code, util.stop_thread(with_data), util.stop_thread(without)) == (0, 0, 0)
    assert seen == [True, "no argument"]


def test_the_id_of_a_thread_is_what_subscribe_report_takes():
    stream, _ = rt.create_stream()
    ran: list[str] = []
    done: list[bool] = []

    def report():
        assert rt.set_device(0) == 0
        while not done:
            rt.process_report(10)

    thread, _ = util.start_thread(report, None)
    assert rt.subscribe_report(thread, stream) == 0
    assert rt.launch_callback(lambda data: ran.append(data[0]), ["ran"], 1, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    done.append(True)
    assert rt.unsubscribe_report(thread, stream) == 0
    assert util.stop_thread(thread) == 0
    assert ran == ["ran"]


@pytest.mark.shows("p36")
@pytest.mark.parametrize("host", ["baton", "free"])
def test_on_hosts_of_real_threads_the_id_is_pythons_own(host):
    with acl.Session(devices=1, host=host):
        seen: list[int] = []
        thread, _ = util.start_thread(lambda: seen.append(threading.get_ident()), None)
        assert util.stop_thread(thread) == 0
        assert seen == [thread]


@pytest.mark.shows("p35")
def test_a_new_thread_has_no_context():
    codes: list[int] = []
    thread, _ = util.start_thread(lambda: codes.append(rt.create_stream()[1]), None)
    assert util.stop_thread(thread) == 0
    assert codes == [107002]


@pytest.mark.shows("p39")
def test_joining_twice_a_foreign_id_and_oneself_are_errnos():
    answers: list[int] = []
    own: list[int] = []
    thread, _ = util.start_thread(lambda: answers.append(util.stop_thread(own[0])), None)
    own.append(thread)
    assert util.stop_thread(thread) == 0
    assert answers == [errno.EDEADLK]
    assert util.stop_thread(thread) == errno.ESRCH
    assert util.stop_thread(12345) == errno.ESRCH


@pytest.mark.shows("p18", "p39")
def test_an_exception_is_shown_at_once_and_comes_out_at_the_join(session, capsys):
    def loop():
        raise KeyError("no such thing")

    thread, _ = util.start_thread(loop, None)
    with pytest.raises(RuntimeError, match=r"^exception=KeyError,msg=thread call failed;$"):
        util.stop_thread(thread)
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert "KeyError: 'no such thing'" in shown
    assert "operations/threads.py" not in shown, "only the program's own frames"
    assert findings(session) == ["thread-raised"]
    assert session.trace.of(Called)[-1].op == "stop_thread"
    assert util.stop_thread(thread) == errno.ESRCH


def test_a_thread_that_leaves_by_sys_exit_has_raised(capsys):
    thread, _ = util.start_thread(lambda: exec("raise SystemExit(3)"), None)  # noqa: S102 - one line
    with pytest.raises(RuntimeError, match="exception=SystemExit,"):
        util.stop_thread(thread)
    assert "SystemExit: 3" in capsys.readouterr().err


@pytest.mark.shows("p28")
def test_a_callback_that_raises_ends_the_loop_and_comes_out_at_the_join(capsys):
    stream, _ = rt.create_stream()

    def report():
        rt.set_device(0)
        while rt.process_report(-1) in (0, 107012):
            pass

    def callback(_data):
        raise ValueError("in the callback")

    thread, _ = util.start_thread(report, None)
    assert rt.subscribe_report(thread, stream) == 0
    assert rt.launch_callback(callback, None, 1, stream) == 0
    with pytest.raises(RuntimeError, match=r"^exception=SystemError,msg=thread call failed;$"):
        util.stop_thread(thread)
    assert "ValueError: in the callback" in capsys.readouterr().err


def test_joining_a_thread_that_still_polls_is_a_hang_that_names_it():
    stream, _ = rt.create_stream()

    def report_loop():
        rt.set_device(0)
        while True:
            rt.process_report(100)

    thread, _ = util.start_thread(report_loop, None)
    assert rt.subscribe_report(thread, stream) == 0
    with pytest.raises(acl.DeadlockError) as hang:
        util.stop_thread(thread)
    text = str(hang.value)
    assert "main waits in" in text
    assert "stop_thread" in text
    assert "report_loop" in text


@pytest.mark.shows("p20")
def test_wrong_arguments_of_start_thread_keep_cpythons_text():
    with pytest.raises(TypeError, match=r"^function takes exactly 2 arguments \(0 given\)"):
        util.start_thread()
    with pytest.raises(TypeError, match=r"^parameter must be callable"):
        util.start_thread(3, None)
    with pytest.raises(TypeError, match=r"^acl\.util\.stop_thread args parse failed"):
        util.stop_thread(None)


def test_ids_and_addresses_stay_out_of_traces(session):
    thread, _ = util.start_thread(lambda: None, None)
    util.stop_thread(thread)
    util.bytes_to_ptr(b"abc")
    assert all(record.value is None for record in session.trace.of(Called) if record.op in dir(util))
    assert session.trace.of(ThreadEnded)[-1].thread == "<lambda>"


# -- numpy arrays


@pytest.mark.shows("p40")
def test_the_address_of_an_array_is_that_of_its_data_with_a_warning_about_the_callers_line():
    array = np.arange(6, dtype=np.float32)
    with pytest.warns(Warning, match=DEPRECATED) as told:
        assert util.numpy_to_ptr(array) == array.ctypes.data
    assert [(warning.category, warning.filename) for warning in told] == [(Warning, __file__)]


@pytest.mark.shows("p40")
def test_an_array_that_is_not_contiguous_is_warned_of_twice():
    array = np.arange(6).reshape(2, 3).T
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert util.numpy_to_ptr(array) == array.ctypes.data
    assert [str(warning.message).split(". ")[0] for warning in told] == [
        "acl.util.numpy_to_ptr will be deprecated",
        "The input ndarray is discontiguous",
    ]


def test_a_contiguous_copy_comes_with_its_address_and_a_contiguous_array_is_itself():
    array = np.arange(6).reshape(2, 3)
    ptr, same = quietly(util.numpy_contiguous_to_ptr, array)
    assert (ptr, same is array) == (array.ctypes.data, True)
    ptr, copy = quietly(util.numpy_contiguous_to_ptr, array.T)
    assert ptr == copy.ctypes.data != array.ctypes.data
    assert np.array_equal(copy, array.T)
    assert copy.flags.c_contiguous


@pytest.mark.shows("p9", "p41")
def test_a_view_of_memory_is_writable_and_no_copy():
    ptr, _ = rt.malloc_host(24)
    with pytest.warns(Warning, match="ptr_to_bytes"):
        view = util.ptr_to_numpy(ptr, (2, 3), FLOAT32)
    view[:] = [[1, 2, 3], [4, 5, 6]]
    assert util.ptr_to_bytes(ptr, 24) == np.arange(1, 7, dtype=np.float32).tobytes()
    assert (view.shape, view.dtype) == ((2, 3), np.float32)


def test_a_view_outlives_its_memory_without_a_crash():
    ptr, _ = rt.malloc_host(8)
    view = quietly(util.ptr_to_numpy, ptr, (8,), 2)
    assert rt.free_host(ptr) == 0
    for _ in range(1100):  # more than are kept in quarantine
        other, _ = rt.malloc_host(8)
        assert rt.free_host(other) == 0
    view[:] = 7
    assert view.sum() == 56


@pytest.mark.parametrize(
    ("number", "dtype"), [(0, "?"), (1, "i1"), (2, "u1"), (5, "i4"), (7, "i8"), (23, "f2")]
)
def test_types_have_numpys_own_numbers(number, dtype):
    ptr, _ = rt.malloc_host(64)
    assert quietly(util.ptr_to_numpy, ptr, (1,), number).dtype == np.dtype(dtype)


@pytest.mark.shows("p41")
@pytest.mark.parametrize(
    ("shape", "kind", "error", "text"),
    [
        ([2, 2], FLOAT32, ValueError, "shape is empty"),
        ((2.0,), FLOAT32, TypeError, "the second argument is not list of int"),
        ((2,), 99, ValueError, "Invalid data-type"),
        ((2,), 17, ValueError, "Invalid data-type"),
        ((-1,), FLOAT32, ValueError, "convert c pointer to numpy failed"),
        ((1 << 40,), FLOAT32, ValueError, "convert c pointer to numpy failed"),
    ],
)
def test_a_wrong_shape_or_type_is_an_exception(shape, kind, error, text):
    ptr, _ = rt.malloc_host(64)
    with pytest.raises(error, match=text):
        quietly(util.ptr_to_numpy, ptr, shape, kind)


@pytest.mark.shows("p21")
@pytest.mark.parametrize("function", ["numpy_to_ptr", "numpy_contiguous_to_ptr"])
def test_what_is_no_array_is_a_value_error(function):
    with pytest.raises(ValueError, match=r"^needs an ndarray as argument$"):
        quietly(getattr(util, function), [1, 2])


# -- bytes


@pytest.mark.shows("p9", "p41")
def test_bytes_travel_to_the_device_and_back(session):
    data = bytes(range(64))
    device, _ = rt.malloc(64, 0)
    host, _ = rt.malloc_host(64)
    assert rt.memcpy(device, 64, util.bytes_to_ptr(data), 64, H2D) == 0
    assert rt.memcpy(host, 64, device, 64, D2H) == 0
    assert util.ptr_to_bytes(host, 64) == data
    assert findings(session) == []


def test_what_is_no_bytes_object_is_a_value_error():
    for value in ("text", bytearray(b"x"), None, np.zeros(1)):
        with pytest.raises(ValueError, match=r"^needs an byte as argument$"):
            util.bytes_to_ptr(value)


@pytest.mark.shows("p10")
def test_the_address_of_a_temporary_still_has_its_data_and_is_a_finding(session):
    array = np.arange(1 << 16, dtype=np.uint8)
    host, _ = rt.malloc_host(array.nbytes)
    # Outside of an assert: pytest keeps what it may have to show.
    code = rt.memcpy(host, array.nbytes, util.bytes_to_ptr(array.tobytes()), array.nbytes, 0)
    assert code == 0
    assert util.ptr_to_bytes(host, array.nbytes) == array.tobytes()
    assert findings(session) == ["temporary-pointer"]


def test_an_object_that_the_program_still_holds_is_no_finding(session):
    held = np.arange(64, dtype=np.uint8)
    host, _ = rt.malloc_host(64)
    assert rt.memcpy(host, 64, quietly(util.numpy_to_ptr, held), 64, 0) == 0
    part = held[8:]
    assert rt.memcpy(host, 64, quietly(util.numpy_to_ptr, part), 8, 0) == 0
    constant = b"a constant of the program's code"
    assert rt.memcpy(host, 64, util.bytes_to_ptr(constant), 8, 0) == 0
    assert findings(session) == []


@pytest.mark.parametrize("address", [0x1000, (1 << 64) - 8])
def test_bytes_of_memory_that_is_not_there_are_an_exception_and_no_crash(session, address):
    with pytest.raises(ValueError, match="convert c pointer to bytes failed"):
        util.ptr_to_bytes(address, 16)
    assert findings(session) == ["bad-address"]


def test_bytes_behind_an_allocation_or_of_freed_memory_are_an_exception():
    ptr, _ = rt.malloc_host(64)
    with pytest.raises(ValueError, match="convert c pointer"):
        util.ptr_to_bytes(ptr, 1 << 20)
    assert rt.free_host(ptr) == 0
    with pytest.raises(ValueError, match="convert c pointer"):
        util.ptr_to_bytes(ptr, 8)


def test_an_absurd_number_of_bytes_is_an_exception():
    for ptr in (0, rt.malloc_host(8)[0]):
        with pytest.raises(ValueError, match="convert c pointer"):
            util.ptr_to_bytes(ptr, -1)


def test_reading_device_memory_on_the_host_is_a_finding(session):
    device, _ = rt.malloc(16, 0)
    assert len(util.ptr_to_bytes(device, 16)) == 16
    assert findings(session) == ["host-reads-device"]


def test_a_note_tells_which_argument_does_not_fit():
    with pytest.raises(TypeError) as refused:
        util.ptr_to_bytes("here", 3)
    assert str(refused.value) == "acl.util.ptr_to_bytes args parse failed"
    assert "argument 1 (ptr): expected int, got str 'here'" in "".join(
        traceback.format_exception(refused.value)
    )
