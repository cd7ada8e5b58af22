"""What each explanation of a hang must hold, besides the first sentence in the README."""

from __future__ import annotations

from dataclasses import dataclass

from tests.programs.launch import PROGRAMS

HANGS = PROGRAMS / "hangs"
SYNC = "acl.rt.synchronize_stream(stream)"
LAUNCH = "acl.rt.launch_callback("
SUBSCRIBE = "acl.rt.subscribe_report("


@dataclass(frozen=True, slots=True)
class Clue:
    """Phrases, a phrase of the mend, and pieces of source whose file and line must be named."""

    says: tuple[str, ...]
    mend: str
    places: tuple[str, ...]


CLUES = {
    "nobody_polls": Clue(
        ("blocking callback postprocess", "must run on reporter", "reporter has ended"),
        "go on calling acl.rt.process_report",
        (SYNC, LAUNCH, SUBSCRIBE),
    ),
    "wrong_thread_polls": Clue(
        ("must run on main", "reporter polls", "107012"),
        "subscribe_report at wrong_thread_polls.py:",
        (SYNC, LAUNCH, SUBSCRIBE, "process_report(100)"),
    ),
    "callback_syncs_own_stream": Clue(
        ("report_loop, inside callback fetch", "waits in synchronize_stream"),
        "out of callback fetch",
        (
            "synchronize_stream(stream))  # the stream",
            "    check(acl.rt.synchronize_stream(stream))\n\n",
            LAUNCH,
        ),
    ),
    "two_callbacks_wait": Clue(
        ("reporter, inside callback left", "waits in Event.wait", "right of stream"),
        "subscribe the stream of right to another thread",
        ("right_done.wait()", SYNC, LAUNCH, SUBSCRIBE),
    ),
    "lock_over_sync": Clue(
        ("reporter, inside callback store", "waits in Lock.acquire", "is held by main"),
        "back before synchronize_stream",
        (SYNC, "results_lock = ", "    with results_lock:\n        results.append", LAUNCH),
    ),
    "gil_destroy_stream": Clue(
        ("main waits in destroy_stream", "keeps the GIL", "reporter needs the GIL"),
        "call acl.rt.synchronize_stream",
        ("acl.rt.destroy_stream(stream)", LAUNCH, SUBSCRIBE),
    ),
    "pageable_copy": Clue(
        ("main waits in memcpy_async", "keeps the GIL", "reporter needs the GIL"),
        "acl.rt.malloc_host",
        ("acl.rt.memcpy_async(device,", LAUNCH, SUBSCRIBE),
    ),
    "queue_full": Clue(
        ("main waits to launch into a full queue", "keeps the GIL", "reporter waits in Event.wait"),
        "every now and then between the launches",
        (LAUNCH, SUBSCRIBE, "go.wait()"),
    ),
    "device_sync_create_stream": Clue(
        ("inside callback open_another", "waits in create_stream", "held by main"),
        "acl.rt.synchronize_stream",
        ("acl.rt.synchronize_device()", "acl.rt.create_stream()  # the device", LAUNCH),
    ),
    "event_never_recorded": Clue(
        ("waits for event", "No record of event"),
        "call acl.rt.record_event",
        ("synchronize_stream(consumer)", "stream_wait_event(consumer", "create_event_with_flag"),
    ),
    "join_before_stop": Clue(
        ("main waits in stop_thread", "report_loop polls"),
        "stop before stop_thread",
        ("acl.util.stop_thread", "process_report(timeout)"),
    ),
}


def place_of(name: str, piece: str) -> str:
    """Where *piece* of source stands, as explanations write it: FILE:LINE."""
    text = (HANGS / f"{name}.py").read_text(encoding="utf-8")
    assert piece in text, f"{name}.py has no {piece!r}"
    return f"{name}.py:{text.count(chr(10), 0, text.index(piece)) + 1}"
