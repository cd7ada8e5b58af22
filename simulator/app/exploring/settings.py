"""How something is run while its orders are explored, and the same as settings of a token."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, cast

from acl_api.settings import MOST_DEVICES
from simulator.base.errors import UserError
from simulator.base.profile import load_profile
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.timing import timing_of
from simulator.explore.bounds import STALL_POLLS
from simulator.explore.tokens import Setting, Token

if TYPE_CHECKING:
    from simulator.app.execution.options import ExecOptions


@dataclass(frozen=True, slots=True)
class RunSettings:
    """None leaves a thing to the file or program, and then to the default. Times are simulated ns.

    A run among thousands is given up sooner than one alone: after `stall_polls` polls without progress.
    `timing` is "nominal", "untimed" or "LO..HI"; of each wait, `timeouts` may run out against a pending arrival.
    """

    soc: str | None = None
    devices: int | None = None
    costs: str | None = None
    timing: str = "untimed"
    timeouts: int = 1
    faults: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    strict: bool = False
    gil: bool = True
    allow_code: bool = False
    stall_after: int | None = None
    stall_polls: int = STALL_POLLS
    time_limit: int | None = None

    def check(self) -> None:
        """Raise `UserError` for a SoC, number of devices or timing that there is not."""
        timing_of(self.timing, self.timeouts)
        if self.soc is not None:
            load_profile(self.soc)
        if self.devices is not None and self.devices > MOST_DEVICES:
            raise UserError(f"--devices {self.devices}: a machine has 1 to {MOST_DEVICES} devices")

    def stall(self, budget: int | None = None) -> StallLimits:
        """Return the bounds of a run whose file sets the time budget *budget*."""
        return StallLimits.asked(
            after=self.stall_after, polls=self.stall_polls, budget=self.time_limit or budget
        )

    def exec_options(self, **more: Any) -> ExecOptions:  # noqa: ANN401 - the other fields of ExecOptions
        """Return the same for running a program, with *more* of what only that knows."""
        from simulator.app.execution.options import ExecOptions

        return ExecOptions(
            soc=self.soc, devices=self.devices, costs=self.costs, timing=timing_of(self.timing, self.timeouts),
            faults=self.faults, unknowns=self.unknowns, strict=self.strict, gil=self.gil,
            allow_code=self.allow_code, stall_after=self.stall_after, stall_polls=self.stall_polls,
            time_limit=self.time_limit, **more,
        )  # fmt: skip

    def of_token(self) -> tuple[tuple[str, Setting], ...]:
        """Return what is not the default; the order is always the same."""
        given = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        return tuple((name, value) for name, value, default in given if value != default)


_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "soc": (str,),
    "costs": (str,),
    "timing": (str,),
    "faults": (tuple,),
    "unknowns": (tuple,),
    "devices": (int,),
    "timeouts": (int,),
    "stall_after": (int,),
    "stall_polls": (int,),
    "time_limit": (int,),
    "strict": (bool,),
    "gil": (bool,),
    "allow_code": (bool,),
}


def settings_of(token: Token) -> RunSettings:
    """Return the settings a token carries. Raises `UserError` for what another version may have written."""
    for name, value in token.settings:
        if name not in _KINDS:
            raise UserError(
                f"the token sets '{name}', which only aclsim {token.version} knows; replay it there"
            )
        if type(value) not in _KINDS[name]:
            raise UserError(f"the token sets '{name}' to {value!r}; aclsim {token.version} wrote it")
    return replace(RunSettings(), **cast("dict[str, Any]", dict(token.settings)))  # their types were checked
