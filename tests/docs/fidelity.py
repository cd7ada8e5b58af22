"""docs/fidelity.md: how far rules rest on something, what can be chosen, which tests show them, what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simulator.core.options import UNKNOWNS
from tests.naming import OPEN, PARTS, entries, shown

MARKED: Final[Mapping[str, str]] = {
    "0.5": "Ascend310 is taken for the folder mini: one answer, which a profile of one's own can change",
    "a1b": "NO_BLOCK on an Ascend310 works, with the finding `no-block-reserved`",
    "a10": "NULL skips the check; a default stream bound by the runtime runs it there, as the code does",
    "a12": "a non-blocking callback is complete once its report is posted: nothing else is known to the device",
    "a18": "so syncs, queries and events do not wait for its function",
    "a19": "with nobody polling, non-blocking callbacks drain and blocking ones hang: follows from a12 to a15",
    "a20": "streams of one thread run their callbacks one after another, in order of arrival: one queue",
    "a21": "no call tells that a callback has run: there is none",
    "b7b": "the event or notify is taken before the other checks: the order of the code",
    "b8b": "a full report queue (512) keeps the callback at the head of its stream",
    "b14": "STARS: unsubscribing with a blocking callback pending waits, holding a lock that its end needs",
    "b15": "950: unsubscribing deletes the notify; the callback runs, its stream stays blocked, and 107011 comes out",
    "b16": "reports in the queue when the last subscription goes are lost; with other streams left they come",
    "b18": "after unsubscribing, a stream may be subscribed again, to any thread: the maps hold nothing against it",
    "c4": "the driver hands over all ready reports at once",
    "c8": "a callback that raises: its stream goes on, and `process_report` raises SystemError as the binding does",
    "c9": "a nested `process_report` sees only reports that the outer one has not taken; that the same report may "
    "come again is left out, as its function would then run for ever",
    "d6": "NULL skips the check, and a default stream of the user's runs the function in the user's thread",
    "e8": "a thread in a full queue holds the stream's send lock, and Python's lock with it: what the code does",
    "e9": "destroying a default stream by its handle is allowed",
    "f17": "a notify is binary, as the one bit of it that the code keeps",
    "g4": "no call checks that init was called: the paths read have no such check",
    "g10": "a destroyed context gives 107002",
    "h2": "a second free, or one of a foreign pointer: 107000 and the finding `bad-free`",
    "h5": "`memcpy_async` with pageable memory behind a blocking callback never returns: follows from two facts; "
    "`--no-gil-model` leaves Python's lock out",
    "i3": "a task that fails has the code that its model declares",
    "i4": "stop mode: what is queued behind the failure is not run",
    "i7": "the text is of the last failed call of the thread, in our words; reading it forgets it",
}
"""What the model does about each rule that is INFERRED or UNVERIFIED; after a colon why there is no other way."""

_HEAD: Final = """\
# Fidelity

Every [rule](rules.md), every [statement about the binding](pyacl.md) and every [conformance case](conformance.md),
with the tests that show it, or the reason why none does. Made by `python -m tests.docs.generated`.

## How far a rule can be trusted

None was checked on hardware by this project (see [provenance](provenance.md)). Two marks say where even the code
ends: **INFERRED** follows from the code read, but the part below the runtime (scheduler firmware, driver) is closed;
**UNVERIFIED** cannot be decided from what is public. Forged handles are undefined in the vendor's code: here they
give 107017 and a finding (rule 0.3).

| rule | mark | what a run does | option |
|---|---|---|---|
"""
_OPTIONS: Final = """
## What can be chosen

Where two behaviours are plausible, the second is an option: `aclsim run`, `exec` and `explore` take
`--option NAME=VALUE`, scenarios `options: {NAME: VALUE}`, Python `Session(options=("NAME=VALUE",))`, tests
`@pytest.mark.aclsim(options=…)`, and ACLSIM_OPTIONS holds for the default session. Tokens and replay commands carry
them. Limits, codes and lowering of a product are figures of its profile instead, which a `.toml` file of one's own
changes (`--soc`); it may have options, too. `aclsim conformance --probe` finds out which of them a library has
([switch.md](switch.md)).

| option | rule | value | what it means |
|---|---|---|---|
"""


def fidelity() -> str:
    """Return docs/fidelity.md."""
    lines = [_HEAD + "\n".join(_marks()), _OPTIONS + "\n".join(_choices())]
    lines += ["\n## What no test shows", "", "| what | why |", "|---|---|"]
    lines += [f"| {name} | {reason} |" for name, reason in OPEN.items()]
    lines += ["", "Parts of what tests show otherwise:", "", "| what | left out |", "|---|---|"]
    lines += [f"| {name} | {PARTS[name]} |" for name in entries() if name in PARTS]
    lines += ["", "## Tests", "", "Cases run on the hosts greenlets, baton and free.", ""]
    lines += ["| what | tests |", "|---|---|"]
    lines += [f"| {name} | {_tests(name)} |" for name in entries() if name in shown()]
    return "\n".join(lines) + "\n"


def marks_of(rule: str) -> tuple[str, ...]:
    """Return which of the two marks a rule has."""
    return tuple(mark for mark in ("INFERRED", "UNVERIFIED") if mark in entries()[rule])


def _marks() -> Iterator[str]:
    chosen = {rule: unknown.name for unknown in UNKNOWNS.values() for rule in unknown.rule.split(", ")}
    for rule, says in MARKED.items():
        option = f"`{chosen[rule]}`" if rule in chosen else ""
        yield f"| {rule} | {', '.join(marks_of(rule))} | {says} | {option} |"


def _choices() -> Iterator[str]:
    for unknown in UNKNOWNS.values():
        for value, says in unknown.values.items():
            default = ", the default" if value == unknown.default else ""
            yield f"| `{unknown.name}` | {unknown.rule} | `{value}`{default} | {says} |"


def _tests(name: str) -> str:
    """Return the files that have tests of it, and how many each."""
    files = [test.partition("::")[0] for test in shown()[name]]
    return ", ".join(f"{file} ({files.count(file)})" for file in dict.fromkeys(files))
