"""What people are told when a call fails: by acl.get_recent_err_msg, on stderr, and in notes of TypeErrors."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

import acl_api as acl
from acl_api.log import Log
from acl_api.settings import read_settings
from acl_api.table import ROWS
from simulator.base.profile import load_profile
from simulator.core.models import ModelSpec

rt: Any = import_module("acl_api.rt")
mdl: Any = import_module("acl_api.mdl")
util: Any = import_module("acl_api.util")
log: Any = acl.app_log

BLOCK = 1
HERE = "test_diagnosis.py:"
TIME_LINE_AND_SYNC = 9


@pytest.fixture
def session():
    profile = load_profile("Ascend910B")
    limits = replace(profile.limits, streams=6, events=4)
    with acl.Session(devices=2, soc=replace(profile, limits=limits)) as session:
        session.declare_model(ModelSpec("net", latency_ns=5_000_000))
        session.declare_model(ModelSpec("bad", latency_ns=1000, fails_with=507015))
        yield session


def message() -> str:
    text = acl.get_recent_err_msg()
    assert text is not None
    return str(text)


def run_of(model: str, stream: int) -> int:
    number, _ = mdl.load_from_file(f"{model}.om")
    return int(mdl.execute_async(number, mdl.create_dataset(), mdl.create_dataset(), stream))


def in_thread(function) -> None:
    thread, _ = util.start_thread(function, None)
    assert util.stop_thread(thread) == 0


# -- rule i7


@pytest.mark.shows("i7")
@pytest.mark.usefixtures("session")
def test_without_a_failure_there_is_no_message_and_reading_consumes_it():
    assert acl.get_recent_err_msg() is None
    assert rt.malloc(0, 0) == (0, 100000)
    assert "acl.rt.malloc returned 100000 (ACL_ERROR_INVALID_PARAM)" in message()
    assert acl.get_recent_err_msg() is None


@pytest.mark.shows("i7")
@pytest.mark.usefixtures("session")
def test_each_thread_has_a_message_of_its_own():
    rt.malloc(0, 0)
    seen: list[object] = []
    in_thread(lambda: seen.append(acl.get_recent_err_msg()))
    assert seen == [None]
    assert HERE in message()


@pytest.mark.usefixtures("session")
def test_codes_met_in_passing_leave_no_message():
    assert acl.init() == 0
    assert acl.init() == 100002
    assert rt.process_report(1) == 107012
    assert acl.get_recent_err_msg() is None


# -- what the codes say


@pytest.mark.usefixtures("session")
def test_107015_says_that_the_stream_never_was_subscribed_and_retrying_cannot_help():
    assert rt.set_device(0) == 0
    first, second = rt.create_stream()[0], rt.create_stream()[0]
    assert rt.subscribe_report(77, second) == 0
    assert rt.launch_callback(print, None, BLOCK, first) == 107015
    text = message()
    assert f"acl.rt.launch_callback returned 107015 (ACL_ERROR_RT_STREAM_NO_CB_REG) at {HERE}" in text
    assert f"no thread is subscribed to stream stream-0.1 (made at {HERE}" in text
    assert "subscribed now: stream-0.2 by thread unknown thread 1 (id 77)" in text
    assert "Retrying cannot help: call acl.rt.subscribe_report" in text


@pytest.mark.usefixtures("session")
def test_107002_says_that_this_thread_never_set_a_context_and_which_there_are():
    assert rt.set_device(0) == 0
    told: list[str] = []

    def worker():
        rt.create_stream()
        told.append(message())

    in_thread(worker)
    assert "thread worker never set a context" in told[0]
    assert f"These exist: primary-0 (device 0, made at {HERE}" in told[0]
    assert "acl.rt.set_device or acl.rt.set_context" in told[0]


@pytest.mark.usefixtures("session")
def test_107002_says_that_the_context_was_destroyed():
    assert rt.set_device(0) == 0
    context, _ = rt.create_context(1)
    in_thread(lambda: rt.destroy_context(context))
    assert rt.create_stream()[1] == 107002
    assert "the context of thread main, context-1.0 (device 1" in message()


@pytest.mark.usefixtures("session")
def test_107003_names_both_contexts():
    assert rt.set_device(0) == 0
    stream, _ = rt.create_stream()
    assert rt.set_device(1) == 0
    assert rt.destroy_stream(stream) == 107003
    text = message()
    assert "belongs to primary-0 (device 0" in text
    assert "the current one of thread main is primary-1 (device 1" in text


@pytest.mark.usefixtures("session")
def test_107017_says_which_handle_and_where_it_was_made_and_destroyed():
    assert rt.set_device(0) == 0
    stream, _ = rt.create_stream()
    assert rt.destroy_stream(stream) == 0
    assert rt.synchronize_stream(stream) == 107017
    assert f"argument 1 (stream) is {stream:#x}, stream-0.1: made at {HERE}" in (text := message())
    assert f"destroyed at {HERE}" in text
    event, _ = rt.create_event()
    assert rt.synchronize_stream(event) == 107017
    assert "the handle of another kind of object (event)" in message()
    assert rt.synchronize_stream(12345) == 107017
    assert "which never was a handle" in message()


@pytest.mark.usefixtures("session")
def test_207008_counts_the_streams_by_the_lines_that_made_them():
    assert rt.set_device(0) == 0
    while rt.create_stream()[1] == 0:
        pass
    text = message()
    assert "device 0 has 6 of 6 streams, default streams included: 5 made at" in text
    assert "1 made at" in text


@pytest.mark.usefixtures("session")
def test_207007_counts_the_event_ids_by_the_lines_that_took_them():
    assert rt.set_device(0) == 0
    assert rt.subscribe_report(7, rt.create_stream()[0]) == 0
    while rt.create_event_with_flag(TIME_LINE_AND_SYNC)[1] == 0:
        pass
    assert "device 0 has 4 of 4 event ids in use, 1 of them by subscriptions: 3 made at" in message()


@pytest.mark.usefixtures("session")
def test_207001_says_what_was_asked_for_and_what_is_left():
    assert rt.set_device(0) == 0
    assert rt.malloc(1 << 20, 0)[1] == 0
    assert rt.malloc(1 << 40, 0)[1] == 207001
    text = message()
    assert "1,099,511,627,776 bytes were asked for, and device 0 has 68,7" in text
    assert "1 allocations are alive, the largest of 1,048,576 bytes" in text


@pytest.mark.usefixtures("session")
def test_107011_and_107012_say_who_is_subscribed_to_what():
    assert rt.set_device(0) == 0
    stream, _ = rt.create_stream()
    assert rt.unsubscribe_report(7, stream) == 107011
    assert "is subscribed to no thread; no stream is subscribed now" in message()
    assert rt.subscribe_report(7, stream) == 0
    assert rt.subscribe_report(8, stream) == 107011
    assert "is subscribed to thread unknown thread 1" in message()
    assert rt.unsubscribe_report(8, stream) == 107012
    assert "subscribed now: stream-0.1 by thread unknown thread 1 (id 7)" in message()
    assert rt.set_device(1) == 0
    assert rt.subscribe_report(7, rt.create_stream()[0]) == 107012
    assert "subscribed to streams of device 0, and cannot serve stream stream-1.1" in message()


@pytest.mark.usefixtures("session")
def test_507046_names_the_pending_task_and_the_line_that_launched_it():
    assert rt.set_device(0) == 0
    stream, other = rt.create_stream()[0], rt.create_stream()[0]
    assert run_of("net", stream) == 0
    assert rt.synchronize_stream_with_timeout(stream, 1) == 507046
    assert f"stream stream-0.1 has 1 task pending, first execute net, launched at {HERE}" in message()
    assert rt.subscribe_report(7, other) == 0
    assert rt.launch_callback(print, None, BLOCK, other) == 0
    assert rt.synchronize_device_with_timeout(1) == 507046
    text = message()
    assert "stream stream-0.1 has 1 task pending" in text
    assert f"first callback print, launched at {HERE}" in text
    assert ", which thread unknown thread 1 has to run in acl.rt.process_report" in text


@pytest.mark.usefixtures("session")
def test_507046_tells_of_a_callback_that_is_running_where_it_stands():
    assert rt.set_device(0) == 0
    stream, done = rt.create_stream()[0], list[object]()

    def busy(_data: object) -> None:
        assert rt.set_device(0) == 0
        other = rt.create_stream()[0]
        assert run_of("net", other) == 0
        assert rt.synchronize_stream(other) == 0

    def serve(_args: object) -> None:
        while not done:
            rt.process_report(100)

    thread, _ = util.start_thread(serve, [])
    assert rt.subscribe_report(thread, stream) == 0
    assert rt.launch_callback(busy, None, BLOCK, stream) == 0
    assert rt.synchronize_stream_with_timeout(stream, 1) == 507046
    text = message()
    assert f", which thread serve is running, now at {HERE}" in text
    assert " in busy." in text
    done.append(True)
    assert util.stop_thread(thread) == 0


@pytest.mark.usefixtures("session")
def test_507047_says_where_the_record_is_queued_and_behind_what():
    assert rt.set_device(0) == 0
    stream, event = rt.create_stream()[0], rt.create_event()[0]
    assert run_of("net", stream) == 0
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_event_with_timeout(event, 1) == 507047
    assert "its record is queued on stream stream-0.1; stream stream-0.1 has 2 tasks pending" in message()


@pytest.mark.parametrize("sync", ["stream", "device"])
@pytest.mark.usefixtures("session")
def test_the_code_of_a_failed_task_is_attributed_to_the_task_and_its_launch(sync):
    assert rt.set_device(0) == 0
    stream, _ = rt.create_stream()
    assert run_of("bad", stream) == 0
    code = rt.synchronize_stream(stream) if sync == "stream" else rt.synchronize_device()
    assert code == 507015
    text = message()
    assert "asynchronous: " in text
    assert f"task 1 of stream stream-0.1, execute bad, launched at {HERE}" in text


@pytest.mark.usefixtures("session")
def test_100000_names_the_argument_and_what_it_was():
    assert rt.set_device(0) == 0
    stream, _ = rt.create_stream()
    assert rt.launch_callback(print, None, 7, stream) == 100000
    assert "block_type is neither 0 (NO_BLOCK) nor 1 (BLOCK) (argument 3 is 7)." in message()


@pytest.mark.usefixtures("session")
def test_an_id_that_cannot_be_joined_is_explained():
    assert util.stop_thread(5) == 3
    assert "no thread of acl.util.start_thread has the id 5, or it was joined before" in message()


@pytest.mark.usefixtures("session")
def test_a_code_without_a_text_of_its_own_has_its_meaning_and_hint():
    assert rt.set_device(9) == 107001
    text = message()
    assert "device_id is not a device of this machine (argument 1 is 9)" in text
    assert "get_device_count()" in text


def test_the_text_is_that_of_the_moment_of_the_failure_when_a_log_is_kept(session):
    session.runtime.log = Log(read_settings({"ASCEND_GLOBAL_LOG_LEVEL": "4"}).log)
    rt.create_stream()
    rt.set_device(0)
    assert "No context exists." in message()


def test_a_failed_call_keeps_none_of_the_programs_objects_alive(session):
    class Data:
        gone = False

        def __del__(self):
            Data.gone = True

    rt.set_device(0)
    stream, _ = rt.create_stream()
    code = rt.launch_callback(print, Data(), BLOCK, stream)
    assert (code, Data.gone) == (107015, True)
    assert "107015" in message()
    assert session.runtime.caller().failure is None


# -- the log


def fail_twice_and_once_more() -> None:
    for _ in range(2):
        rt.create_stream()
    rt.create_stream()


def test_the_log_has_each_code_once_per_line_on_stderr(session, capsys):
    session.runtime.log = Log(read_settings({}).log)
    fail_twice_and_once_more()
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.partition(" returned")[0] for line in err.splitlines()] == [
        "aclsim: [ERROR] acl.rt.create_stream"
    ] * 2


@pytest.mark.parametrize("name", ["ASCEND_LOG_PRINT_TO_STDOUT", "ASCEND_SLOG_PRINT_TO_STDOUT"])
def test_the_vendors_variables_put_the_log_on_stdout(session, capsys, name):
    session.runtime.log = Log(read_settings({name: "1"}).log)
    rt.create_stream()
    out, err = capsys.readouterr()
    assert (out.count("107002"), err) == (1, "")


def test_the_new_name_of_the_variable_beats_the_old_one():
    both = {"ASCEND_LOG_PRINT_TO_STDOUT": "0", "ASCEND_SLOG_PRINT_TO_STDOUT": "1"}
    assert repr(Log(read_settings(both).log)) == "<log from level 3 on stderr>"


@pytest.mark.parametrize(("level", "shown"), [("3", 1), ("0", 1), ("4", 0), ("nonsense", 1), ("7", 1)])
def test_the_level_decides_what_is_printed(session, capsys, level, shown):
    session.runtime.log = Log(read_settings({"ASCEND_GLOBAL_LOG_LEVEL": level}).log)
    rt.create_stream()
    assert capsys.readouterr().err.count("107002") == shown


def test_a_session_of_ones_own_prints_nothing(session, capsys):
    assert session.runtime.log is None
    rt.create_stream()
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("session")
def test_app_log_returns_none_and_prints_what_the_level_shows(capsys, monkeypatch):
    logged: object = log(3, "it broke")
    assert logged is None
    log(1, "by the way")
    log(99, "no such level")
    assert capsys.readouterr().err == "aclsim: [ERROR] it broke\n"
    monkeypatch.setenv("ASCEND_GLOBAL_LOG_LEVEL", "1")
    log(1, "by the way")
    assert capsys.readouterr().err == "aclsim: [INFO] by the way\n"


# -- notes of TypeErrors


@pytest.mark.parametrize(
    ("args", "note"),
    [
        ((print, [1], 1, None), "argument 4 (stream): expected int, got None"),
        ((print, [1], 1), "it takes 4 arguments (fn, user_data_list, block_type, stream), 3 given"),
        ((print, [1], "1", 0), "argument 3 (block_type): expected an integer of 32 bits, got str '1'"),
    ],
)
@pytest.mark.usefixtures("session")
def test_a_note_says_which_argument_and_what_was_expected(args, note):
    with pytest.raises(TypeError) as refused:
        rt.launch_callback(*args)
    assert str(refused.value) == "acl.rt.launch_callback args parse failed"
    assert refused.value.__notes__ == [note]


# -- all rows


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.checks], ids=lambda row: row.name)
@pytest.mark.usefixtures("session")
def test_a_call_of_nothing_but_zeros_can_be_explained(row):
    function = getattr(
        import_module(f"acl_api{row.family[3:]}" if row.family != "c" else "acl_api.c"), row.short, None
    )
    if function is None or any(param.unit not in "kKIi" or param.reads for param in row.params):
        return
    result = function(*[0] * len(row.params))
    code = result[-1] if isinstance(result, tuple) else result
    if not row.bare and code and row.op != "process_report":
        assert f"{row.name} returned {code} (" in message()
