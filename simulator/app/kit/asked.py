"""What a test asks for with `@pytest.mark.aclsim(...)`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Final

from simulator.base.errors import UserError
from simulator.base.profile import DEFAULT_SOC
from simulator.explore.bounds import Bounds

_SECONDS: Final = 20.0
_HOSTS: Final = ("baton", "greenlets")


@dataclass(frozen=True, slots=True)
class Asked:
    """How a test is run.

    `explore`: False once, True in every order within `deviations` of the friendly one (for `seconds` real seconds at
    most), a number in so many orders at most. `strategy` picks them, `jobs` processes run them. `profile` is the SoC
    and `devices` how many; `seed` the order of a test that runs once, when exploring what strategies draw at random;
    `timing` what of time is open ("nominal", when exploring "untimed"), `faults` what goes wrong, `options`
    ("no_block=reject") what is not known of the real runtime. `costs` and `gil` are as in `acl_api.Session`. `strict`
    lets warnings fail a test, `lost` callbacks that never ran. `host`: "baton" runs the test's own threads one at a
    time, "greenlets" is faster and has only those of
    `acl.util.start_thread`.
    """

    explore: bool | int = False
    profile: str = DEFAULT_SOC
    seed: int | None = None
    faults: str | tuple[str, ...] | list[str] = ()
    options: str | tuple[str, ...] | list[str] = ()
    timing: str | None = None
    strict: bool = False
    lost: bool = False
    devices: int = 8
    costs: str = "profile"
    gil: bool = False
    host: str = "baton"
    deviations: int = 2
    strategy: str = "portfolio"
    seconds: float | None = None
    jobs: int = 1

    @property
    def bounds(self) -> Bounds:
        """How far exploring goes."""
        most = None if isinstance(self.explore, bool) else self.explore
        seconds = _SECONDS if self.seconds is None and most is None else self.seconds
        return Bounds(deviations=self.deviations, schedules=most, seconds=seconds)

    @property
    def order(self) -> str:
        """The timing that holds: exploring leaves durations out."""
        return self.timing or ("untimed" if self.explore else "nominal")

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of the session."""
        return {
            "soc": self.profile,
            "devices": self.devices,
            "costs": self.costs,
            "faults": _texts(self.faults),
            "options": _texts(self.options),
            "gil": self.gil,
            "host": self.host,
        }


def _texts(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


_NAMES: Final = tuple(field.name for field in fields(Asked))


def asked_of(marks: Iterable[tuple[tuple[object, ...], Mapping[str, Any]]]) -> Asked:
    """Return what the marks of a test come to, the nearest first: (positional, named) arguments of each.

    Raises UserError for a name or value that a mark cannot have.
    """
    merged: dict[str, Any] = {}
    for positional, named in marks:
        if positional:
            raise UserError(f"aclsim takes its arguments by name, as in aclsim(explore={positional[0]!r})")
        for name, value in named.items():
            if name not in _NAMES:
                near = get_close_matches(name, _NAMES, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_NAMES)}"
                raise UserError(f"aclsim has no argument {name!r}: {hint}")
            merged.setdefault(name, value)
    asked = Asked(**merged)
    if asked.host not in _HOSTS:
        raise UserError(f"aclsim(host={asked.host!r}): a test runs on {' or '.join(map(repr, _HOSTS))}")
    if type(asked.explore) not in (bool, int) or asked.explore < 0:
        raise UserError(f"aclsim(explore={asked.explore!r}): True, False, or how many orders at most")
    return asked
