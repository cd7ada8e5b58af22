"""What the environment says about the default session: every variable of ours is read here, and only here.

An argument beats a variable. The vendor's ASCEND_RT_VISIBLE_DEVICES is honoured too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from simulator.base.errors import UserError
from simulator.base.profile import DEFAULT_SOC

DEFAULT_DEVICES: Final = 8
# Rule g13: the runtime has 64 device slots.
MOST_DEVICES: Final = 64
VISIBLE: Final = "ASCEND_RT_VISIBLE_DEVICES"
VARIABLES: Final = (
    "ACLSIM_BACKEND",
    "ACLSIM_HOST",
    "ACLSIM_SEED",
    "ACLSIM_SOC",
    "ACLSIM_DEVICES",
    "ACLSIM_COSTS",
    "ACLSIM_SPEED",
    "ACLSIM_STALL",
    "ACLSIM_STALL_AFTER",
    "ACLSIM_ALLOW_CODE",
    "ACLSIM_MODELS",
    "ACLSIM_OPERATORS",
)
_SLOWEST, _FASTEST = 1e-6, 1e6
_LONGEST_STALL_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Settings:
    """A default session: `speed` is simulated over real time on the free host, `seed` None the friendly order.

    `stall_aborts` ends a process that makes no progress for `stall_after` real seconds; otherwise it is told
    why, once.
    """

    backend: str = "simulator"
    host: str = "free"
    seed: int | None = None
    soc: str = DEFAULT_SOC
    devices: int = DEFAULT_DEVICES
    costs: str = "profile"
    speed: float = 1.0
    stall_aborts: bool = False
    stall_after: float = 5.0


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return what *environment* asks for; raises UserError naming the variable that cannot be used."""
    devices = _whole(environment, "ACLSIM_DEVICES", most=MOST_DEVICES)
    stall = environment.get("ACLSIM_STALL", "")
    if stall not in {"", "tell", "abort"}:
        raise UserError(f"ACLSIM_STALL is {stall!r}: it is 'abort' (exit with 3) or 'tell', the default")
    plain = Settings()
    return Settings(
        backend=environment.get("ACLSIM_BACKEND", plain.backend),
        host=environment.get("ACLSIM_HOST", plain.host),
        seed=_whole(environment, "ACLSIM_SEED"),
        soc=environment.get("ACLSIM_SOC", plain.soc),
        devices=plain.devices if devices is None else devices,
        costs=environment.get("ACLSIM_COSTS", plain.costs),
        speed=_number(environment, "ACLSIM_SPEED", plain.speed, _SLOWEST, _FASTEST),
        stall_aborts=stall == "abort",
        stall_after=_number(environment, "ACLSIM_STALL_AFTER", plain.stall_after, 0.0, _LONGEST_STALL_S),
    )


def allows_code(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether side files of models may name files from outside the working directory."""
    return environment.get("ACLSIM_ALLOW_CODE") == "1"


def model_folders(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the folders in which models in memory are looked for first; separated as in PATH."""
    return tuple(folder for folder in environment.get("ACLSIM_MODELS", "").split(os.pathsep) if folder)


def operator_module(environment: Mapping[str, str] = os.environ) -> str:
    """Return the Python module that registers operators for programs that do not; "" for none."""
    return environment.get("ACLSIM_OPERATORS", "")


def visible_devices(devices: int, environment: Mapping[str, str] = os.environ) -> tuple[int, ...]:
    """Return which of *devices* a process sees; the program counts the visible ones from 0.

    As the runtime's documents say (snapshot of 2026-08-22): the list is read up to the first foreign
    character, device that there is not, or number that does not ascend. Raises UserError when that leaves none.
    """
    text = environment.get(VISIBLE)
    if text is None:
        return tuple(range(devices))
    seen: list[int] = []
    for word in text.split(","):
        digits = word[: len(word) - len(word.lstrip("0123456789"))]
        if not digits or int(digits) >= devices or (seen and int(digits) <= seen[-1]):
            break
        seen.append(int(digits))
        if digits != word:
            break
    if not seen:
        raise UserError(
            f"{VISIBLE} is {text!r}: it leaves none of the {devices} devices; list some in ascending order, as in 0,1"
        )
    return tuple(seen)


def _whole(environment: Mapping[str, str], name: str, most: int | None = None) -> int | None:
    text = environment.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or (most is not None and not 1 <= int(text) <= most):
        bounds = f" from 1 to {most}" if most is not None else ""
        raise UserError(f"{name} is {text!r}: it must be a whole number{bounds}")
    return int(text)


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
