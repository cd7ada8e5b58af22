"""Links through locks: the runtime's hidden ones, the program's own, and the interpreter's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.check.deadlock import mends
from simulator.check.deadlock.wording import FULL, REPORTS, at, begin, call, call_at, listed

if TYPE_CHECKING:
    from simulator.check.deadlock.walk import Walk
    from simulator.core.views import LockView, ThreadView


def tell(walk: Walk, name: str, waiting: ThreadView) -> None:
    """Say who holds the lock *name* that *waiting* waits for, and what that thread does."""
    lock = next((lock for lock in walk.snapshot.locks if lock.name == name), None)
    if lock is None or not walk.first("lock", name):
        return
    owner = walk.threads.get(lock.owner)
    while_waiting = f" while it waits in {call(owner)}" if owner is not None and owner.op is not None else ""
    taken = f", which took it at {lock.taken_at}," if lock.taken_at else ""
    if owner is waiting:
        walk.say(f"{begin(name)} is held by {lock.owner} itself.")
    else:
        walk.say(f"{begin(name)} is held by {lock.owner}{taken}{while_waiting}.")
    if owner is not None:
        _mend(walk, lock, owner, waiting)
    walk.responsible(lock.owner, "give it back")


def _mend(walk: Walk, lock: LockView, owner: ThreadView, waiting: ThreadView) -> None:
    if lock.of_program:
        if owner is waiting:
            walk.mends.add(
                mends.LOCK,
                f"make it a threading.RLock, or do not take it again{at(owner)}: {owner.name} has it already",
            )
        elif owner.state == "ended":
            walk.mends.add(
                mends.LOCK, f"let {owner.name} give {lock.name} back before it ends: use 'with lock:'"
            )
        elif owner.on_kind == "program lock":
            walk.mends.add(mends.LOCK, f"take {lock.name} and {owner.on} in the same order in every thread")
        elif owner.op is not None:
            inside = f", or do without it in callback {waiting.inside[-1][0]}" if waiting.inside else ""
            walk.mends.add(mends.LOCK, f"give {lock.name} back before {call_at(owner)}{inside}")
    elif owner.op == "unsubscribe_report":
        walk.mends.add(
            mends.HIDDEN,
            f"call acl.rt.synchronize_stream on stream {owner.on} before {call_at(owner)} (rule b14)",
        )
    elif owner.op is not None:
        walk.mends.add(
            mends.HIDDEN,
            f"call {call(waiting)} before {call_at(owner)}, which holds the {lock.name} while it waits (rule e15), "
            "or wait with acl.rt.synchronize_stream for the streams themselves",
        )


def needs_gil(walk: Walk, view: ThreadView) -> str | None:
    """Return what the thread needs the interpreter lock for, when another one keeps it while it waits."""
    holder = walk.snapshot.gil
    if holder is None or view.name == holder or view.state in ("ended", "not started"):
        return None
    if not (view.woken or view.asking):
        return "go on" if view.timeout is not None else None
    queue = walk.queues.get(view.name)
    if view.op == REPORTS and queue is not None and queue.ready:
        first = queue.ready[0]
        return f"run callback {first.name} of stream {first.stream}"
    if view.op is None:
        return _next_of(view)
    return f"ask {view.op} again" if view.asking else f"go on from {call(view)}"


def _next_of(view: ThreadView) -> str:
    """Return what a thread that waits for nothing does with its next turn; one without a line has not begun."""
    if view.behind and not view.inside:
        name, stream = view.behind[0]
        return f"run callback {name} of stream {stream}"
    return "go on" if view.inside or view.site is not None else "begin"


def keeps_gil(walk: Walk, view: ThreadView) -> str:
    """Return what to add about a thread that keeps the interpreter lock while it waits."""
    if view.name != walk.snapshot.gil:
        return ""
    if view.op == FULL:  # whoever should make room needs the lock, wherever it is now
        mend_gil(walk)
    return " and keeps the GIL (Python's interpreter lock), so no other thread of the program runs meanwhile"


def mend_gil(walk: Walk) -> None:
    """Suggest how the thread that keeps the interpreter lock lets go of it before it waits."""
    holder = walk.threads.get(walk.snapshot.gil or "")
    if holder is None or walk.victim is not holder:
        return
    where = call_at(holder)
    on = f" on stream {holder.on}" if holder.on_kind == "stream" else ""
    if holder.op == FULL:
        stream = walk.streams.get(holder.on or "")
        most = "" if stream is None or stream.room_for is None else f" ({stream.room_for} tasks)"
        text = (
            f"call acl.rt.synchronize_stream{on}, which lets go of the GIL, every now and then between the launches"
            f"{at(holder)}, so that its queue{most} never fills"
        )
    elif holder.op in ("memcpy_async", "memset_async"):
        text = (
            f"call acl.rt.synchronize_stream{on}, which lets go of the GIL, before {where}, or use pinned memory "
            "from acl.rt.malloc_host: with other host memory the call first waits for the whole stream (rule h5)"
        )
    elif holder.op == "synchronize_device_with_timeout":
        text = f"call acl.rt.synchronize_device, which lets go of the GIL, instead of {where}"
    else:
        text = f"call acl.rt.synchronize_stream{on}, which lets go of the GIL, before {where}"
    walk.mends.add(mends.GIL, text)


def said_gil(walk: Walk, view: ThreadView) -> bool:
    """Say that a thread needs the interpreter lock, if it does."""
    what = needs_gil(walk, view)
    if what is None:
        return False
    inside = f", inside callback {listed([name for name, _ in view.inside])}," if view.inside else ""
    walk.say(f"{view.name}{inside} needs the GIL to {what}{at(view)}; {walk.snapshot.gil} keeps it.")
    mend_gil(walk)
    return True
