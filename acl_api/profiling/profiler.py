"""The state behind acl.prof: which mode it is in, what it records, who has subscribed.

One per runtime, made by the first call that needs it. Codes and order are the vendor's (hicann/runtime
src/dfx/msprof/collector/dvvp: prof_acl_mgr.cpp, prof_acl_api.cpp).
"""

from __future__ import annotations

import os
import select
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.profiling.op_info import SIZE, UNKNOWN_TYPE, packed
from acl_api.profiling.records import Records
from acl_api.profiling.sections import path_fits
from acl_api.profiling.settings import (
    ACL_API,
    METRICS,
    MSPROFTX,
    NO_METRICS,
    TASK_TIME,
    ProfConfig,
    full_data,
)
from acl_api.profiling.stamps import Stamps
from acl_api.settings import read_settings
from simulator.core.tasks import ExecuteTask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acl_api.profiling.settings import SubscribeConfig
    from simulator.core.runtime import Runtime
    from simulator.core.streams import Stream
    from simulator.core.tasks import Task

_LONGEST_PATH: Final = 4096
# What a pipe takes at once without mixing it with what others write.
_PIPE_TAKES: Final = select.PIPE_BUF // SIZE * SIZE
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Mode(Enum):
    """Who profiles: nobody, the program between init and finalize, subscribers, or the configuration of acl.init."""

    OFF = "off"
    PROGRAM = "acl.prof.init"
    SUBSCRIBED = "acl.prof.model_subscribe"
    CONFIGURED = "the configuration of acl.init"


class _Subscription:
    """One model's operators on their way into a pipe."""

    __slots__ = ("config", "device", "waiting")

    def __init__(self, config: SubscribeConfig, device: int) -> None:
        self.config = config
        self.device = device
        self.waiting = bytearray()

    def flush(self) -> None:
        """Write as much as the pipe takes; a reader that has gone away loses what there is."""
        fd = self.config.fd
        with suppress(OSError, ValueError):
            while self.waiting and select.select((), (fd,), (), 0)[1]:
                sent = os.write(fd, self.waiting[:_PIPE_TAKES])
                del self.waiting[:sent]


class Profiler:
    """Everything acl.prof does in one run."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self.mode: Mode = Mode.OFF
        self._folder = Path()
        self._running: ProfConfig | None = None
        self._records: Records | None = None
        self._written = 0
        self._subscriptions: dict[int, _Subscription] = {}
        self._operators = 0
        # By the index of an operator: what its record has no room for. Each is read once.
        self.names: dict[int, dict[str, str]] = {}
        self.stamps: Stamps = Stamps()

    def __repr__(self) -> str:
        return f"<profiler: {self.mode.value}>"

    # -- the program's own interval -----------------------------------------------------------------------------

    def init(self, path: str) -> int:
        """Take the folder of results, and be ready to start."""
        if os.environ.get("PROFILING_MODE") == "dynamic":
            return codes.ACL_ERROR_FEATURE_UNSUPPORTED
        if not 0 < len(path.encode()) < _LONGEST_PATH:
            return codes.ACL_ERROR_INVALID_PARAM
        taken = {
            Mode.CONFIGURED: codes.ACL_ERROR_PROF_ALREADY_RUN,
            Mode.PROGRAM: codes.ACL_ERROR_REPEAT_INITIALIZE,
            Mode.SUBSCRIBED: codes.ACL_ERROR_PROF_API_CONFLICT,
        }.get(self.mode, 0)
        if taken:
            return taken
        if not path_fits(path):
            return codes.ACL_ERROR_INVALID_FILE
        self.mode, self._folder = Mode.PROGRAM, Path(path)
        return 0

    def start(self, config: ProfConfig | None) -> int:
        """Record from now on; without a configuration, the usual kinds of all devices in use."""
        if config is None:
            active = tuple(device.index for device in self._rt.devices if device.primary is not None)
            config = ProfConfig(active, NO_METRICS, full_data(ACL_API | TASK_TIME))
        if not config.supported:
            return codes.ACL_ERROR_PROF_MODULES_UNSUPPORTED
        if self.mode is Mode.OFF:
            code = self.init(os.environ.get("ACL_PROF_PATH") or "./")
            if code:
                return code
        if self.mode is not Mode.PROGRAM:
            return self._other_mode()
        if self._running is not None:
            same = self._running.data == config.data
            return 0 if same else codes.ACL_ERROR_INVALID_PROFILING_CONFIG
        if not config.metrics_fit:
            return codes.ACL_ERROR_INVALID_PARAM
        return self._begin(config)

    def stop(self, config: ProfConfig | None) -> int:
        """Write what was recorded since the start that had the same kinds of data."""
        if self.mode is Mode.OFF:
            return 0
        if self.mode is not Mode.PROGRAM:
            return self._other_mode()
        if self._running is None:
            return 0 if config is None else codes.ACL_ERROR_INVALID_PROFILING_CONFIG
        if config is not None and config.data != self._running.data:
            return codes.ACL_ERROR_INVALID_PROFILING_CONFIG
        return self._end()

    def finalize(self) -> int:
        """End what runs, and forget everything."""
        if self.mode is Mode.OFF:
            return 0
        if self.mode is not Mode.PROGRAM:
            return self._other_mode()
        code = self._end() if self._running is not None else 0
        self.mode = Mode.OFF
        self.stamps = Stamps()
        return code

    def _other_mode(self) -> int:
        if self.mode is Mode.CONFIGURED:
            return codes.ACL_ERROR_PROF_ALREADY_RUN
        return codes.ACL_ERROR_PROF_API_CONFLICT

    def _begin(self, config: ProfConfig) -> int:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return codes.ACL_ERROR_INVALID_FILE
        if not os.access(self._folder, os.W_OK):
            return codes.ACL_ERROR_INVALID_FILE
        self._running, self._records = config, Records(self._rt)
        if config.data & MSPROFTX:
            self.stamps.on = True
        self._watch()
        return 0

    def _end(self) -> int:
        config, records = self._running, self._records
        self._running = self._records = None
        self._watch()
        if config is None or records is None:
            return 0
        from acl_api.profiling.output import write_results  # only who has recorded something needs it

        self._written += 1
        try:
            write_results(self._folder, self._stamp(), self._written, records, config.data)
        except OSError:
            return codes.ACL_ERROR_INVALID_FILE
        return 0

    def _stamp(self) -> str:
        """Return what the files are named by: what the user wants, the clock's time, or the simulation's."""
        wanted = read_settings().profile_stamp
        if wanted:
            return wanted
        if self._rt.host.monitored:
            now = datetime.now(UTC)
        else:
            now = _EPOCH + timedelta(microseconds=self._rt.kernel.now // 1000)
        return f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03}"

    # -- the configuration of acl.init --------------------------------------------------------------------------

    def configured(self, section: Mapping[str, object]) -> None:
        """Record the whole process, from acl.init to acl.finalize."""
        data = 0
        if section.get("ascendcl", "on") == "on":
            data |= ACL_API
        if section.get("task_time", "on") not in ("off", ""):
            data |= TASK_TIME
        if section.get("aic_metrics"):
            data |= METRICS
        if section.get("msproftx") == "on":
            data |= MSPROFTX
        self.mode, self._folder = Mode.CONFIGURED, Path(str(section.get("output") or "."))
        self._begin(ProfConfig(tuple(range(len(self._rt.devices))), NO_METRICS, full_data(data)))

    def finalized(self) -> None:
        """End what the configuration of acl.init has begun: ACL is finalised."""
        if self.mode is Mode.CONFIGURED:
            self._end()
            self.mode = Mode.OFF
            self.stamps = Stamps()

    # -- subscribers --------------------------------------------------------------------------------------------

    def subscribe(self, model: int, device: int, config: SubscribeConfig) -> int:
        """Write the operators of a model into a pipe from now on."""
        if self.mode is Mode.CONFIGURED:
            return codes.ACL_ERROR_PROF_ALREADY_RUN
        if self.mode is Mode.PROGRAM:
            return codes.ACL_ERROR_PROF_API_CONFLICT
        if not config.times and config.metrics == NO_METRICS:
            return codes.ACL_ERROR_INVALID_PARAM
        if model in self._subscriptions:
            return codes.ACL_ERROR_PROF_REPEAT_SUBSCRIBE
        for other in self._subscriptions.values():
            same = (other.config.times, other.config.metrics) == (config.times, config.metrics)
            if other.device == device and not same:
                return codes.ACL_ERROR_INVALID_PROFILING_CONFIG
        self._subscriptions[model] = _Subscription(config, device)
        self.mode = Mode.SUBSCRIBED
        self._watch()
        return 0

    def unsubscribe(self, model: int) -> int:
        """Stop writing a model's operators; the pipe is closed unless another subscription writes into it."""
        found = self._subscriptions.pop(model, None)
        if found is None:
            return codes.ACL_ERROR_INVALID_MODEL_ID
        found.flush()
        if found.waiting:
            lost = len(found.waiting) // SIZE
            self._rt.note(
                "profile-lost", f"{lost} operators of model {model} did not fit into the pipe", "0.2"
            )
        fd = found.config.fd
        if all(other.config.fd != fd for other in self._subscriptions.values()):
            with suppress(OSError):
                os.close(fd)
        if not self._subscriptions:
            self.mode = Mode.OFF
        self._watch()
        return 0

    # -- what comes in ------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Listen to as much as is wanted now, and to no more."""
        config, records = self._running, self._records
        wanted = {each.device for each in self._subscriptions.values()}
        if config is not None and config.data & (TASK_TIME | METRICS):
            wanted |= set(config.devices)
        for index in wanted:  # they are made when they are first asked for
            self._rt.devices[index].observe(self._saw)
        for device in self._rt.devices:
            if device.index not in wanted:
                device.observe(None)
        watch = self._rt.watch_calls
        if watch is not None:
            calls = records is not None and config is not None and config.data & ACL_API
            watch(records.watch if records is not None and calls else None)

    def _saw(self, stream: Stream, task: Task, started: int, code: int) -> None:
        del code
        config, records = self._running, self._records
        if records is not None and config is not None and stream.context.device.index in config.devices:
            records.saw(stream, task, started)
        if isinstance(task, ExecuteTask) and task.model_id in self._subscriptions:
            self._tell(self._subscriptions[task.model_id], stream, task, started)

    def _tell(self, to: _Subscription, stream: Stream, task: ExecuteTask, started: int) -> None:
        self._operators += 1
        number, device = self._operators, stream.context.device.index
        self.names[number] = {"name": task.name, "type": UNKNOWN_TYPE}
        to.waiting += packed(task.model_id, number, started, stream.kernel.now, device)
        to.flush()

    def stamp(self, thread: str, kind: str, message: str, start: int, end: int) -> None:
        """Keep a stamp of the program's, if such are recorded now."""
        from acl_api.profiling.records import StampRecord

        if self._records is not None and self._running is not None and self._running.data & MSPROFTX:
            self._records.stamps.append(StampRecord(thread, kind, message, start, end))


def profiler_of(rt: Runtime) -> Profiler:
    """Return the profiler of a run; the first call makes it."""
    if rt.profiling is None:
        rt.profiling = Profiler(rt)
    return cast("Profiler", rt.profiling)
