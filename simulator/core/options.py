"""What a run may choose where the real runtime's behaviour is not known.

Each option belongs to a rule that is INFERRED, UNVERIFIED or contradicted by the vendor's pages, and for which two
behaviours are plausible. The first value is what a run does unless it is told otherwise. docs/fidelity.md lists
them; `aclsim run`, `exec` and `explore` take `--option NAME=VALUE`, scenarios `options:`, Python `RuntimeOptions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from simulator.base.errors import UserError

if TYPE_CHECKING:
    from simulator.core.faults import DeclaredFault


class Unknown(NamedTuple):
    """One thing that is not known: the rule that leaves it open, and what each value means, the default first."""

    name: str
    rule: str
    values: Mapping[str, str]

    @property
    def default(self) -> str:
        """What a run does unless it is told otherwise."""
        return next(iter(self.values))


def _unknown(rule: str, **values: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Return the field of an option; names of values have "-" where these have "_", and codes no leading "_"."""
    named = {name.lstrip("_").replace("_", "-"): says for name, says in values.items()}
    return field(default=next(iter(named)), metadata={"rule": rule, "values": named})


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """How a run behaves where the real runtime is not known: `UNKNOWNS` has the values of each option.

    `compete`: tasks compete for AI cores and copy engines; off, every stream has its own.
    `faults`: what is to go wrong.
    Raises `UserError` for a value that an option does not have.
    """

    handles: str = _unknown(
        "0.3",
        fresh="no handle of a run is given out twice",
        reused="the handle of what was destroyed last is given out again, as an allocator does",
    )
    no_block: str = _unknown(
        "a1b",
        allow="a non-blocking callback works where the vendor reserves it, with a finding",
        reject="launching one there gives 207000",
    )
    full_reports: str = _unknown(
        "b8b",
        wait="a callback that finds the report queue full keeps the head of its stream until there is room",
        fail="it fails, and the next sync of its stream gives 507000",
    )
    unsubscribing: str = _unknown(
        "b14, b15",
        as_read="with a blocking callback pending, STARS waits with a lock that its end needs, 950 does not wait",
        waits="both wait until the callback has run",
    )
    late_reports: str = _unknown(
        "b16",
        lost="reports in the queue when the last subscription of a thread goes are lost",
        delivered="the thread's next process_report still runs them",
    )
    reports_taken: str = _unknown(
        "c4",
        all="one process_report runs every report that is ready",
        one="one process_report runs one report",
    )
    nested_reports: str = _unknown(
        "c9",
        new="a process_report inside a callback sees only reports that the outer one has not taken",
        rest="it also runs those that the outer one has taken and not begun",
    )
    priorities: str = _unknown(
        "e5",
        served="a stream of higher priority gets a contended engine first",
        ignored="priorities have no effect",
    )
    default_stream: str = _unknown(
        "e9",
        destroyable="the default stream can be destroyed by its handle",
        kept="destroying it gives 107000",
    )
    cross_device_waits: str = _unknown(
        "f8",
        work="a stream waits for an event of another device",
        ignored="such a wait returns 0 and does nothing",
    )
    destroyed_context: str = _unknown(
        "g10",
        _107002="destroying a context that is destroyed gives 107002",
        _107000="it gives 107000",
        _107017="it gives 107017",
    )
    out_of_memory: str = _unknown(
        "h1",
        _207001="a device without room for an allocation answers 207001",
        _207018="it answers 207018",
    )
    bad_free: str = _unknown(
        "h2",
        _107000="a second free, or one of a foreign pointer, gives 107000",
        _507899="it gives 507899, the driver's internal error",
    )
    last_error: str = _unknown(
        "i6",
        reset="get_last_error forgets the code it returns",
        kept="it returns the code again and again",
    )
    error_message: str = _unknown(
        "i7",
        consumed="get_recent_err_msg forgets the text it returns",
        kept="it returns the text again and again",
    )
    compete: bool = True
    faults: tuple[DeclaredFault, ...] = ()

    def __post_init__(self) -> None:
        for unknown in UNKNOWNS.values():
            if getattr(self, unknown.name) not in unknown.values:
                raise UserError(_no_value(unknown, getattr(self, unknown.name)))

    @property
    def chosen(self) -> tuple[str, ...]:
        """What is not the default, as NAME=VALUE."""
        pairs = ((unknown, getattr(self, unknown.name)) for unknown in UNKNOWNS.values())
        return tuple(f"{unknown.name}={value}" for unknown, value in pairs if value != unknown.default)

    @classmethod
    def of(cls, settings: Iterable[str]) -> RuntimeOptions:
        """Return the options of "NAME=VALUE" texts, of which later ones win; raises `UserError`."""
        named: dict[str, Any] = dict(map(setting_of, settings))
        return cls(**named)


UNKNOWNS: Final[Mapping[str, Unknown]] = {
    each.name: Unknown(each.name, each.metadata["rule"], each.metadata["values"])
    for each in fields(RuntimeOptions)
    if each.metadata
}
"""What is not known, by the name of its option, in the order of the rules."""


def setting_of(text: str) -> tuple[str, str]:
    """Return name and value of an option written as "NAME=VALUE"; raises `UserError` with what there is instead."""
    name, sign, value = (part.strip() for part in text.partition("="))
    unknown = UNKNOWNS.get(name)
    if unknown is None:
        near = get_close_matches(name, UNKNOWNS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(UNKNOWNS)}"
        raise UserError(f"{text!r}: no option is called {name!r}; {hint}")
    if not sign or value not in unknown.values:
        raise UserError(f"{text!r}: {_no_value(unknown, value)}")
    return name, value


def _no_value(unknown: Unknown, value: object) -> str:
    choices = " or ".join(f"{unknown.name}={each}" for each in unknown.values)
    return f"option {unknown.name} (rule {unknown.rule}) cannot be {value!r}: write {choices}"
