"""What is said of a wrong use of memory: which buffer, which lines, and which call is missing where."""

from __future__ import annotations

from simulator.base.memory_records import Allocated, Freed, HostAccess, TaskAccess
from simulator.check.catalogue import finding
from simulator.check.finding import Finding
from simulator.check.memory.reader import Blank, Clash, Stale, is_view
from simulator.check.memory.shadow import Access


def about_clash(clash: Clash) -> Finding:
    """Return the finding of two accesses that nothing orders."""
    first, second = clash.first, clash.second
    if isinstance(first.by, Freed) or isinstance(second.by, Freed):
        return _freed_too_early(clash)
    where = f"bytes {clash.start} to {clash.end} of {_buffer(clash.buffer)}"
    sentence = (
        f"{_who(first)} {_does(first)} {where}, {_who(second)} {_does(second)} them, and nothing says which of the "
        "two comes first"
    )
    kind = "view-before-sync" if is_view(first) or is_view(second) else "race"
    rule = "f4" if first.launch is not None and second.launch is not None else "e11"
    lines = (_line(second), _line(first), clash.buffer.site)
    return finding(kind, sentence, *lines, rule=rule, fix=_order(first, second))


def _freed_too_early(clash: Clash) -> Finding:
    freed, access = clash.second, clash.first
    if isinstance(access.by, Freed):
        freed, access = access, freed
    sentence = (
        f"{_buffer(clash.buffer)} is freed{_at(freed)} while {_who(access)} may still {_may(access)} it: freeing "
        "waits for nothing"
    )
    lines = (_line(freed), _line(access), clash.buffer.site)
    return finding("freed-while-pending", sentence, *lines, fix=_order(access, freed))


def about_stale(stale: Stale) -> Finding:
    """Return the finding of an access to a buffer that was given back."""
    access, freed = stale.access, stale.freed
    sentence = f"{_who(access)} {_does(access)} {_buffer(stale.buffer)}, which was freed{_at(freed)}"
    fix = f"free it behind its last use, which is{_at(stale.access) or ' this one'}"
    return finding("use-after-free", sentence, _line(access), _line(freed), stale.buffer.site, fix=fix)


def about_blank(blank: Blank) -> Finding:
    """Return the finding of bytes that are read and that nobody wrote."""
    sentence = (
        f"{_who(blank.access)} reads bytes {blank.start} to {blank.end} of {_buffer(blank.buffer)}, which nobody has "
        "written: they hold what was there by chance"
    )
    fix = f"copy or set those bytes first, before {_line(blank.access) or 'it is launched'}"
    return finding("uninitialised-read", sentence, _line(blank.access), blank.buffer.site, fix=fix)


def _order(first: Access, second: Access) -> str:
    """Say which calls put the two in order, and where they belong."""
    tasks = [access for access in (first, second) if access.launch is not None]
    hosts = [access for access in (first, second) if access.launch is None]
    if not hosts:
        earlier, later = sorted(tasks, key=lambda access: access.place)
        return _by_event(
            earlier, _stream(later), f"before {_line(later) or f'the {_task(later)} is launched'}"
        )
    if not tasks:
        return (
            f"let {_thread(first)} set a flag after {_line(first) or _who(first)}, and {_thread(second)} wait for it "
            f"before {_line(second) or _who(second)}"
        )
    return _task_and_host(tasks[0], hosts[0])


def _task_and_host(task: Access, host: Access) -> str:
    stream, here = _stream(task), _line(host) or _who(host)
    if host.callback is None and task.place < host.place:
        return f"call acl.rt.synchronize_stream({stream}) before {here}"
    if host.callback is None:
        return (
            f"let {_thread(host)} tell the thread that launches {_task(task)} when it is done with {here}, and "
            "launch only then"
        )
    callback_stream, seq = host.callback
    if task.place > host.place or callback_stream == stream:
        behind = (
            "its callback is launched with block 1"
            if callback_stream == stream
            else f"its callback is launched with block 1, an event is recorded on {callback_stream} behind it, and "
            f"{stream} waits for that"
        )
        return f"let {_task(task)} come after task {seq} of {callback_stream}: {behind}"
    return _by_event(task, callback_stream, f"before the callback (task {seq}) is launched")


def _by_event(earlier: Access, stream: str, before: str) -> str:
    after = _line(earlier) or f"the {_task(earlier)} is launched"
    return (
        f"call acl.rt.record_event(event, {_stream(earlier)}) after {after}, and "
        f"acl.rt.stream_wait_event({stream}, event) {before}"
    )


def _stream(access: Access) -> str:
    return access.launch.stream if access.launch is not None else ""


def _task(access: Access) -> str:
    launch = access.launch
    return "" if launch is None else f"{launch.kind} {launch.name!r}"


def _thread(access: Access) -> str:
    return "" if isinstance(access.by, TaskAccess) else access.by.thread


def _who(access: Access) -> str:
    by = access.by
    if isinstance(by, TaskAccess):
        return f"{_task(access)} (task {by.seq} of {by.stream}{_launched(access)})"
    what = by.op if isinstance(by, HostAccess) else "free"
    inside = ""
    if access.callback is not None:
        stream, seq = access.callback
        inside = f" in the callback of task {seq} of {stream}"
    return f"{what} on {by.thread}{inside}{_at(access)}"


def _launched(access: Access) -> str:
    line = _line(access)
    return f", launched at {line}" if line else ""


def _at(access: Access) -> str:
    line = _line(access)
    return f" at {line}" if line else ""


def _does(access: Access) -> str:
    return "writes" if access.writes else "reads"


def _may(access: Access) -> str:
    return "write" if access.writes else "read"


def _buffer(birth: Allocated) -> str:
    born = f", allocated at {birth.site}" if birth.site else ""
    return f"buffer {birth.buffer} ({birth.size} bytes of {birth.place} memory{born})"


def _line(access: Access) -> str | None:
    return access.launch.site if access.launch is not None else getattr(access.by, "site", None)
