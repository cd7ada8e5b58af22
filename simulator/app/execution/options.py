"""What the command line says about the run of a program."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from acl_api.settings import MOST_DEVICES, read_settings
from simulator.base.errors import UserError
from simulator.base.profile import DEFAULT_SOC
from simulator.base.units import format_duration
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.timing import NOMINAL, Timing

if TYPE_CHECKING:
    from collections.abc import MutableMapping

WATCHDOG_NS: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class ExecOptions:
    """None leaves a thing to its default; `unknowns` are NAME=VALUE.

    `stall_after` and `time_limit` are simulated ns, `watchdog` real ns.
    """

    host: str = "baton"
    seed: int | None = None
    soc: str | None = None
    devices: int | None = None
    costs: str | None = None
    timing: Timing = NOMINAL
    faults: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    speed: float | None = None
    gil: bool = True
    stall_after: int | None = None
    stall_polls: int | None = None
    time_limit: int | None = None
    watchdog: int | None = None
    replay: str | None = None
    choices: str | None = None
    trace: str | None = None
    save_trace: str | None = None
    json: str | None = None
    allow_code: bool = False
    strict: bool = False
    summary: bool = False
    quiet: bool = False
    verbose: bool = False
    # The command that does it again, where that is not one of exec.
    again: str | None = None

    def check(self) -> None:
        """Raise `UserError` for options that contradict each other, or ask for more devices than there can be."""
        if self.devices is not None and self.devices > MOST_DEVICES:
            raise UserError(f"--devices {self.devices}: a machine has 1 to {MOST_DEVICES} devices")
        if self.host == "free" and (self.replay or self.choices):
            raise UserError("--choices and --replay need --host baton: nobody chooses on the free host")
        if self.host != "free" and self.speed is not None:
            raise UserError("--speed is about --host free: under the baton no time is waited for")

    @property
    def limits(self) -> StallLimits:
        """The bounds of the run."""
        return StallLimits.asked(after=self.stall_after, polls=self.stall_polls, budget=self.time_limit)

    @property
    def machine(self) -> tuple[str, tuple[int, ...]]:
        """The SoC, and the logical ids of those of its devices that the program sees."""
        return self.soc or DEFAULT_SOC, read_settings().seen(self.devices)

    def pass_on(self, environment: MutableMapping[str, str]) -> None:
        """Tell the programs that this one starts which machine to simulate; each has one of its own."""
        asked = {"SOC": self.soc, "DEVICES": self.devices, "COSTS": self.costs, "SEED": self.seed}
        for name, value in asked.items():
            if value is not None:
                environment[f"ACLSIM_{name}"] = str(value)
        if self.unknowns:
            environment["ACLSIM_OPTIONS"] = " ".join(self.unknowns)
        if self.allow_code:
            environment["ACLSIM_ALLOW_CODE"] = "1"

    def command(self, words: list[str]) -> str:
        """Return the command that runs the program *words* again in the same way."""
        if self.again is not None:
            return self.again
        given: dict[str, object] = {
            "--host": self.host if self.host != "baton" else None,
            "--seed": None if self.replay else self.seed,
            "--replay": self.replay,
            "--soc": self.soc,
            "--devices": self.devices,
            "--costs": self.costs,
            "--speed": self.speed,
            "--stall-after": self.stall_after and format_duration(self.stall_after),
            "--stall-polls": self.stall_polls,
            "--time-limit": self.time_limit and format_duration(self.time_limit),
            "--watchdog": self.watchdog and format_duration(self.watchdog),
        }
        options = [word for name, value in given.items() if value is not None for word in (name, str(value))]
        options += [word for fault in self.faults for word in ("--fault", fault)]
        options += [word for unknown in self.unknowns for word in ("--option", unknown)]
        flags = [] if self.gil else ["--no-gil-model"]
        if self.allow_code:
            flags.append("--allow-code")
        if self.strict:
            flags.append("--strict")
        return shlex.join(["aclsim", "exec", *options, *flags, *words])
