"""What the environment says: every variable of `environment.VARIABLES` is read by `read_settings`, and only there.

What finds the interpreter or the vendor's library is read before Python runs, or by `aclsim doctor`.

An argument beats a variable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from simulator.base.errors import UserError
from simulator.base.profile import DEFAULT_SOC
from simulator.core.options import setting_of

DEFAULT_DEVICES: Final = 8
# Rule g13: the runtime has 64 device slots.
MOST_DEVICES: Final = 64
VISIBLE: Final = "ASCEND_RT_VISIBLE_DEVICES"
ERROR: Final = 3
NOTHING: Final = 4
# The vendor's names of modules (include/dfx/base/log_types.h).
_MODULES: Final = frozenset({
    "SLOG", "IDEDD", "SCC", "HCCL", "FMK", "CCU", "DVPP", "RUNTIME", "CCE", "HDC", "DRV", "NET", "HIXL",
    "DEVMM", "KERNEL", "LIBMEDIA", "CCECPU", "ROS", "HCCP", "ROCE", "TEFUSION", "PROFILING", "DP", "APP",
    "TS", "TSDUMP", "AICPU", "LP", "TDT", "FE", "MD", "MB", "ME", "IMU", "IMP", "GE", "CAMERA", "ASCENDCL",
    "TEEOS", "ISP", "SIS", "HSM", "DSS", "PROCMGR", "BBOX", "AIVECTOR", "TBE", "FV", "PYPTO", "TUNE",
    "HSS", "FFTS", "OP", "UDF", "HICAID", "TSYNC", "AUDIO", "TPRT", "ASCENDCKERNEL", "ASYS", "ATRACE",
    "RTC", "SYSMONITOR", "AML", "ADETECT",
})  # fmt: skip
_LEVELS: Final = frozenset("01234")
_SLOWEST, _FASTEST = 1e-6, 1e6
_LONGEST_STALL_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is logged, and where: `level` and that of `modules` are the least that is shown, 4 is nothing.

    `folder` is where log files go; `events` says whether lines about what happens go there, too. `old_name` says
    that only the deprecated variable asked for stdout.
    """

    level: int = ERROR
    modules: Mapping[str, int] = field(default_factory=dict)
    to_stdout: bool = False
    folder: Path | None = None
    events: bool = True
    old_name: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """A default session: `speed` is simulated over real time on the free host, `seed` None the friendly order.

    `stall_aborts` ends a process that makes no progress for `stall_after` real seconds; otherwise it is told
    why, once. `options` are NAME=VALUE. `operators` is the module or file that registers some, "" none;
    `profile_stamp` is what the files of acl.prof are named by, "" for the time.
    `faults` are what is to go wrong, and `trace` the file that gets what happened in a process with libascendcl.so,
    "" for none.
    `visible` is the text that says which devices the process sees, None: all; `device_id` what frameworks are told to
    take of these. `library` and `via` are how "ascend" is reached.
    """

    backend: str = "simulator"
    library: str | None = None
    via: str = "cffi"
    host: str = "free"
    seed: int | None = None
    soc: str = DEFAULT_SOC
    devices: int = DEFAULT_DEVICES
    costs: str = "profile"
    options: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    trace: str = ""
    speed: float = 1.0
    stall_aborts: bool = False
    stall_after: float = 5.0
    allows_code: bool = False
    model_folders: tuple[str, ...] = ()
    operators: str = ""
    profile_stamp: str = ""
    visible: str | None = None
    device_id: int | None = None
    log: LogSettings = LogSettings()

    def seen(self, devices: int | None = None) -> tuple[int, ...]:
        """Return which of *devices* (None: as many as there are) the process sees; it counts these from 0.

        Raises UserError when that leaves none.
        """
        return visible_devices(devices or self.devices, self.visible)


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return what *environment* asks for; raises UserError naming the variable that cannot be used."""
    devices = _whole(environment, "ACLSIM_DEVICES", most=MOST_DEVICES)
    stall = environment.get("ACLSIM_STALL", "")
    if stall not in {"", "tell", "abort"}:
        raise UserError(f"ACLSIM_STALL is {stall!r}: it is 'abort' (exit with 3) or 'tell', the default")
    plain = Settings()
    device_id = environment.get("ASCEND_DEVICE_ID", "")
    return Settings(
        backend=environment.get("ACLSIM_BACKEND", plain.backend),
        library=environment.get("ACLSIM_LIBRARY"),
        via=environment.get("ACLSIM_VIA", plain.via),
        host=environment.get("ACLSIM_HOST", plain.host),
        seed=_whole(environment, "ACLSIM_SEED"),
        soc=environment.get("ACLSIM_SOC", plain.soc),
        devices=plain.devices if devices is None else devices,
        costs=environment.get("ACLSIM_COSTS", plain.costs),
        options=_options(environment.get("ACLSIM_OPTIONS", "")),
        faults=_between(environment.get("ACLSIM_FAULTS", ""), ";"),
        trace=environment.get("ACLSIM_TRACE", ""),
        speed=_number(environment, "ACLSIM_SPEED", plain.speed, _SLOWEST, _FASTEST),
        stall_aborts=stall == "abort",
        stall_after=_number(environment, "ACLSIM_STALL_AFTER", plain.stall_after, 0.0, _LONGEST_STALL_S),
        allows_code=environment.get("ACLSIM_ALLOW_CODE") == "1",
        model_folders=_between(environment.get("ACLSIM_MODELS", ""), os.pathsep),
        operators=environment.get("ACLSIM_OPERATORS", ""),
        profile_stamp=_stamp(environment.get("ACLSIM_PROF_STAMP", "")),
        visible=environment.get(VISIBLE),
        device_id=int(device_id) if _is_number(device_id) else None,
        log=_log(environment),
    )


def visible_devices(devices: int, text: str | None) -> tuple[int, ...]:
    """Return which of *devices* a process sees that is told *text*; None: all. The program counts them from 0.

    As the runtime's documents say (snapshot of 2026-08-22), the list is read up to the first foreign character or
    device that there is not. Raises UserError when that leaves none, or the numbers do not rise: the runtime then
    finds no device at all (Runtime::GetVisibleDevices).
    """
    if text is None:
        return tuple(range(devices))
    seen: list[int] = []
    for word in text.split(","):
        digits = word[: len(word) - len(word.lstrip("0123456789"))]
        # Longer numbers than any machine's are none, and none that Python takes a while to read.
        if not digits or len(digits) > _MOST_DIGITS or int(digits) >= devices:
            break
        if seen and int(digits) <= seen[-1]:
            raise UserError(
                f"{VISIBLE} is {text!r}: {digits} does not rise, and the runtime then finds no device; list them in "
                "ascending order and each once, as in 0,1"
            )
        seen.append(int(digits))
        if digits != word:
            break
    if not seen:
        raise UserError(
            f"{VISIBLE} is {text!r}: it leaves none of the {devices} devices; list some in ascending order, as in 0,1"
        )
    return tuple(seen)


_MOST_DIGITS: Final = 9


def _between(text: str, mark: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(mark) if each.strip())


def _stamp(text: str) -> str:
    if text and not (text.isascii() and text.isalnum()):
        raise UserError(
            f"ACLSIM_PROF_STAMP is {text!r}: it must be letters and digits, such as 20260101120000000"
        )
    return text


def _options(text: str) -> tuple[str, ...]:
    try:
        return tuple("=".join(setting_of(word)) for word in text.split())
    except UserError as error:
        raise UserError(f"ACLSIM_OPTIONS: {error}") from None


def _log(environment: Mapping[str, str]) -> LogSettings:
    """Read the vendor's variables of its log: what cannot be used counts as not set, as it has it."""
    level = environment.get("ASCEND_GLOBAL_LOG_LEVEL", "")
    new, old = (environment.get(f"ASCEND_{name}_PRINT_TO_STDOUT") for name in ("LOG", "SLOG"))
    path, work = environment.get("ASCEND_PROCESS_LOG_PATH"), environment.get("ASCEND_WORK_PATH")
    folder = Path(path) if path else Path(work) / "log" if work else None
    return LogSettings(
        level=int(level) if level in _LEVELS else ERROR,
        modules=_module_levels(environment.get("ASCEND_MODULE_LOG_LEVEL", "")),
        to_stdout=(old if new is None else new) == "1",
        folder=folder,
        events=environment.get("ASCEND_GLOBAL_EVENT_ENABLE") != "0",
        old_name=new is None and old == "1",
    )


def _module_levels(text: str) -> dict[str, int]:
    """Return the levels of `NAME=level:NAME=level`; one mistake voids the whole text."""
    levels: dict[str, int] = {}
    for pair in text.split(":") if text else ():
        name, _, level = pair.partition("=")
        if name not in _MODULES or level not in _LEVELS:
            return {}
        levels[name] = int(level)
    return levels


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _whole(environment: Mapping[str, str], name: str, most: int | None = None) -> int | None:
    text = environment.get(name)
    if text is None:
        return None
    if (
        not (text.isascii() and text.isdigit())
        or len(text) > _LONGEST_NUMBER
        or (most is not None and not 1 <= int(text) <= most)
    ):
        bounds = f" from 1 to {most}" if most is not None else ""
        raise UserError(f"{name} is {text[:40]!r}: it must be a whole number{bounds}")
    return int(text)


_LONGEST_NUMBER: Final = 40


def _number(environment: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    text = environment.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not least <= number <= most:
        raise UserError(f"{name} is {text!r}: it must be a number from {least:g} to {most:g}")
    return number
