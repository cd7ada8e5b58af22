"""Clocks and sleeps of the program in simulated time, from a fixed epoch."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any, Final, Self, SupportsIndex, cast

from simulator.engine.control import originals
from simulator.engine.control.active import active, here, nanoseconds

# 2025-01-01T00:00:00Z: what time.time() says when a program begins.
EPOCH_NS: Final = 1_735_689_600_000_000_000
# Not 0: programs take a zero for "never".
MONOTONIC_START_NS: Final = 1_000_000_000_000
# Taken here because its own name is about to be replaced.
RealDatetime = dt.datetime
_SECOND: Final = 1_000_000_000
_MONOTONIC: Final = frozenset(
    getattr(time, name)
    for name in ("CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME")
    if hasattr(time, name)
)


def _now(*, seen: bool = True) -> int | None:
    """Return the simulated time in ns; None for a caller outside our control. *seen*: the program reads it."""
    host = active.host
    if host is None or here() is None:
        return None
    if seen:
        host.clock_read()
    return host.kernel.now


def sleep(seconds: float) -> None:
    """Stand in for `time.sleep`; `sleep(0)` lets the ready threads go first."""
    host = active.host
    if host is None or here() is None:
        originals.real_sleep(seconds)
        return
    if not seconds >= 0:
        originals.real_sleep(seconds)  # its own error
    elif seconds:
        host.point("sleep")
        host.sleep(nanoseconds(seconds))
    else:
        host.give_way("sleep")
        host.spin("sleep")


def time_ns() -> int:
    """Stand in for `time.time_ns`."""
    now = _now()
    return originals.real_time_ns() if now is None else EPOCH_NS + now


def time_() -> float:
    """Stand in for `time.time`."""
    now = _now()
    return originals.real_time() if now is None else (EPOCH_NS + now) / _SECOND


def monotonic_ns() -> int:
    """Stand in for `time.monotonic_ns`."""
    now = _now()
    return originals.real_monotonic_ns() if now is None else MONOTONIC_START_NS + now


def monotonic() -> float:
    """Stand in for `time.monotonic`."""
    now = _now()
    return originals.real_monotonic() if now is None else (MONOTONIC_START_NS + now) / _SECOND


def perf_counter_ns() -> int:
    """Stand in for `time.perf_counter_ns`."""
    now = _now()
    return originals.real_perf_counter_ns() if now is None else MONOTONIC_START_NS + now


def perf_counter() -> float:
    """Stand in for `time.perf_counter`."""
    now = _now()
    return originals.real_perf_counter() if now is None else (MONOTONIC_START_NS + now) / _SECOND


def quiet_monotonic() -> float:
    """Stand in for the clock of threading.py and queue.py: their reads are not reads of the program."""
    now = _now(seen=False)
    return originals.real_monotonic() if now is None else (MONOTONIC_START_NS + now) / _SECOND


def clock_gettime_ns(clock: int) -> int:
    """Stand in for `time.clock_gettime_ns`; clocks of processes and threads stay real."""
    if clock == time.CLOCK_REALTIME:
        return time_ns()
    return monotonic_ns() if clock in _MONOTONIC else originals.real_clock_gettime_ns(clock)


def clock_gettime(clock: int) -> float:
    """Stand in for `time.clock_gettime`; clocks of processes and threads stay real."""
    if clock == time.CLOCK_REALTIME or clock in _MONOTONIC:
        return clock_gettime_ns(clock) / _SECOND
    return originals.real_clock_gettime(clock)


def gmtime(seconds: float | None = None) -> time.struct_time:
    """Stand in for `time.gmtime`."""
    return originals.real_gmtime(time_() if seconds is None else seconds)


def localtime(seconds: float | None = None) -> time.struct_time:
    """Stand in for `time.localtime`."""
    return originals.real_localtime(time_() if seconds is None else seconds)


def ctime(seconds: float | None = None) -> str:
    """Stand in for `time.ctime`."""
    return originals.real_ctime(time_() if seconds is None else seconds)


def asctime(*when: Any) -> str:  # noqa: ANN401 - a struct_time or a tuple, as the real one takes
    """Stand in for `time.asctime`."""
    return originals.real_asctime(*(when or (localtime(),)))


def strftime(format: str, *when: Any) -> str:  # noqa: A002, ANN401 - the real one's
    """Stand in for `time.strftime`."""
    return originals.real_strftime(format, *(when or (localtime(),)))


class _DatetimeType(type):
    """Makes every real datetime an instance of the stand-in."""

    def __instancecheck__(cls, instance: object) -> bool:
        if cls is VirtualDatetime:
            return isinstance(instance, RealDatetime)
        return super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if cls is VirtualDatetime:
            return issubclass(subclass, RealDatetime)
        return super().__subclasscheck__(subclass)

    def __eq__(cls, other: object) -> bool:
        return cls is other or (cls is VirtualDatetime and other is RealDatetime)

    def __hash__(cls) -> int:  # tables by type, of serialisers for instance, must find it
        return hash(RealDatetime) if cls is VirtualDatetime else super().__hash__()


class VirtualDatetime(dt.datetime, metaclass=_DatetimeType):
    """What `datetime.datetime` is in the scope: it makes plain datetimes, but `now` is simulated."""

    # What pickles name it by.
    __module__ = "datetime"
    __qualname__ = "datetime"

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - the real one's arguments
        """Make a plain datetime; a subclass of the program's makes its own."""
        if cls is VirtualDatetime:
            return cast("Self", RealDatetime(*args, **kwargs))
        return RealDatetime.__new__(cls, *args, **kwargs)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:  # noqa: ANN401 - the class it is called on
        """Return the simulated date and time, rounded down to microseconds."""
        second, ns = divmod(time_ns(), _SECOND)
        return cls.fromtimestamp(second, tz).replace(microsecond=ns // 1000)

    @classmethod
    def utcnow(cls) -> Any:  # noqa: ANN401 - same
        """Return the simulated date and time of Greenwich, without a time zone."""
        return cls.now(dt.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:  # noqa: ANN401 - same
        """Return the simulated local date and time."""
        return cls.now()

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:  # noqa: ANN401 - the real one's
        return RealDatetime.__reduce_ex__(self, protocol)


VirtualDatetime.__name__ = "datetime"


def reduce_datetime(moment: dt.datetime) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Tell pickle how to make a plain datetime again: under the name that is another class's in the scope."""
    return VirtualDatetime, cast("tuple[Any, ...]", RealDatetime.__reduce_ex__(moment, 4)[1])
