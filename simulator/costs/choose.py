"""Which cost model a name stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.errors import UserError
from simulator.costs.null import NullCosts
from simulator.costs.profile import ProfileCosts

if TYPE_CHECKING:
    from simulator.base.profile import SocProfile
    from simulator.costs.protocol import Costs

KNOWN: Final = (
    "'profile' (latencies and bandwidths of the SoC file), 'null' (no time), or the name of a recorded profile "
    "(FILE.csv: op_summary, task_time or kernel_details)"
)


def costs_by_name(name: str, profile: SocProfile) -> Costs:
    """Return the costs that *name* stands for; raises UserError for an unknown name or a bad file."""
    if name == "profile":
        return ProfileCosts(profile)
    if name == "null":
        return NullCosts()
    if not name.lower().endswith(".csv"):
        raise UserError(f"costs is {name!r}: there are {KNOWN}")
    from simulator.costs.recording import read_recording
    from simulator.costs.replay import ReplayCosts

    return ReplayCosts(read_recording(name), ProfileCosts(profile))
