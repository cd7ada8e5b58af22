"""Functions of Python in the library's hands: kept as long as they may be called, and no longer."""

from __future__ import annotations

SETUP = """\
import gc, threading, weakref
acl.init(); acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
event = threading.Event()
def report():
    while not event.is_set():
        acl.rt.process_report(20)
backend = current.calls._backend
class Data: pass
me = threading.get_ident()
"""


def test_what_has_run_is_let_go(launch):
    seen = launch.script(
        SETUP
        + """\
acl.rt.subscribe_report(me, stream)
data, ran = Data(), []
def function(given): ran.append(type(given).__name__)
refs = [weakref.ref(data), weakref.ref(function)]
acl.rt.launch_callback(function, data, 0, stream)
before = len(backend.held)
del data, function
acl.rt.synchronize_stream(stream)
kept = [ref() is not None for ref in refs]
acl.rt.process_report(1000)
gc.collect()
print(json.dumps([before, kept, ran, len(backend.held), [ref() is None for ref in refs]]))
"""
    )
    assert seen == [1, [True, True], ["Data"], 0, [True, True]]


def test_what_was_not_accepted_is_let_go_at_once(launch):
    seen = launch.script(
        SETUP
        + """\
codes = [acl.rt.launch_callback(print, None, kind, stream) for kind in (1, 0, 7)]
print(json.dumps([codes, len(backend.held)]))
"""
    )
    assert seen == [[107015, 107015, 100000], 0]


def test_what_a_destroyed_stream_had_is_let_go(launch):
    seen = launch.script(
        SETUP
        + """\
other, _ = acl.rt.create_stream()
for each in (stream, other):
    acl.rt.subscribe_report(me, each)
    acl.rt.launch_callback(print, "never", 0, each)
acl.rt.synchronize_device()
before = len(backend.held)
codes = [acl.rt.destroy_stream(stream)]
between = len(backend.held)
codes.append(acl.rt.destroy_stream(0))  # refused: nothing changes
still = len(backend.held)
codes += [acl.rt.reset_device(0), acl.finalize()]
print(json.dumps([before, codes, between, still, len(backend.held)]))
"""
    )
    assert seen == [2, [0, 100000, 0, 0], 1, 1, 0]


def test_an_exception_comes_out_of_process_report_as_the_binding_has_it(launch):
    seen = launch.script(
        SETUP
        + """\
acl.rt.subscribe_report(me, stream)
def fails(_): raise ValueError("mine")
acl.rt.launch_callback(fails, None, 1, stream)
said = []
try:
    acl.rt.process_report(1000)
except SystemError as error:
    said = [str(error), repr(error.__cause__)]
# The stream goes on, and so does the thread.
code = acl.rt.synchronize_stream_with_timeout(stream, 5000)
acl.rt.launch_callback(lambda _: said.append("next"), None, 1, stream)
print(json.dumps([said, code, acl.rt.process_report(1000), said[-1], len(backend.held)]))
"""
    )
    assert seen[0][0].startswith("process_report returned a result with an exception set")
    assert seen[0][1] == "ValueError('mine')"
    assert seen[1:] == [0, 0, "next", 0]


def test_a_process_ends_with_callbacks_pending(launch):
    ended = launch.ended(
        SETUP
        + """\
thread = threading.Thread(target=report, daemon=True)
thread.start()
acl.rt.subscribe_report(thread.ident, stream)
for _ in range(100):
    acl.rt.launch_callback(lambda _: event.wait(0.01), None, 1, stream)
print("left")
"""
    )
    assert (ended.code, ended.out.strip()) == (0, "left"), ended.err


def test_host_functions_run_on_a_thread_of_the_librarys(launch):
    seen = launch.script(
        SETUP
        + """\
import acl_api.c as c
ran = []
c.aclrtLaunchHostFunc(stream, lambda data: ran.append([data, threading.get_ident() == me]), "given")
code = acl.rt.synchronize_stream(stream)
print(json.dumps([ran, code, len(backend.held)]))
"""
    )
    assert seen == [[["given", False]], 0, 0]


def test_arguments_are_refused_in_the_bindings_words_before_the_library_is_asked(launch):
    seen = launch.script(
        SETUP
        + """\
said = []
for wrong in (lambda: acl.rt.launch_callback(None, None, 1, stream), lambda: acl.rt.stream_query("s")):
    try:
        wrong()
    except TypeError as error:
        said.append(str(error).splitlines()[0])
print(json.dumps([said, len(backend.held)]))
"""
    )
    assert all(text for text in seen[0])
    assert len(seen[0]) == 2
    assert seen[1] == 0
