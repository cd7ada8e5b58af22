"""An oracle of the lives of handles: what may be told of a call from what was called before, and nothing else.

It knows no rule but these: a handle lives from the call that returned it to the one that destroyed it or its context;
a dead, forged or foreign one is never good, and a live one is never bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from acl_api.table.row import Ref, Row

BAD_HANDLE: Final = 107017
MADE: Final[Mapping[str, Ref]] = {
    "stream": Ref.STREAM,
    "event": Ref.EVENT,
    "notify": Ref.NOTIFY,
    "context": Ref.CONTEXT,
    "dataset": Ref.DATASET,
    "desc": Ref.DESC,
    "tensor_desc": Ref.TENSOR,
    "data_buffer": Ref.BUFFER,
}
"""What the outputs of calls that make something are called."""

KINDS: Final = tuple(MADE.values())
# Streams and contexts die with the context, or device, that they belong to.
_WITH_CONTEXT: Final = frozenset({Ref.STREAM, Ref.CONTEXT})


def made(row: Row, outputs: Iterable[object]) -> list[tuple[Ref, object]]:
    """Return which of the outputs are handles, of which kind, that the call has not been given itself."""
    given = {param.name for param in row.params}
    pairs = zip(row.outs, outputs, strict=False)
    return [(MADE[name], value) for name, value in pairs if name in MADE and name not in given]


@dataclass
class Life:
    """One handle: of which kind, in which context it was made, and whether it still lives."""

    kind: Ref
    context: object
    alive: bool = True


@dataclass
class Oracle:
    """All handles of a run, the current context of each thread, and how often each device is set."""

    lives: dict[int, Life] = field(default_factory=dict)
    current: dict[str, object] = field(default_factory=dict)
    references: dict[int, int] = field(default_factory=dict)
    _primaries: dict[int, int] = field(default_factory=dict)

    def alive(self, kind: Ref) -> list[int]:
        """Return the handles of that kind that live."""
        return [handle for handle, life in self.lives.items() if life.alive and life.kind is kind]

    def dead(self) -> list[int]:
        """Return the handles that are destroyed, the last ones first."""
        return [handle for handle, life in reversed(self.lives.items()) if not life.alive]

    def bad(self, row: Row, values: Iterable[object]) -> list[str]:
        """Return the parameters whose handle is not null and no live one of their kind.

        Of handles of other kinds none is ever right: what makes them is not followed.
        """
        looked_at = {name for check in row.checks for name in check.on}
        if row.op.startswith("allocator_"):  # which keep a stream's number as it is
            looked_at, values = set(), [0] * len(row.params)
        return [
            param.name
            for param, value in zip(row.params, values, strict=True)
            if (param.refers in KINDS and self._is_bad(param.refers, value))
            or (param.refers is Ref.HANDLE and param.name in looked_at and value != 0)
        ]

    def _is_bad(self, kind: Ref, value: object) -> bool:
        life = self.lives.get(value) if isinstance(value, int) else None
        return value != 0 and (life is None or not life.alive or life.kind is not kind)

    def note(self, row: Row, thread: str, values: tuple[object, ...], outputs: tuple[object, ...]) -> None:
        """Learn from a call that succeeded."""
        given = [value for value in values if isinstance(value, int)]
        if row.op == "set_device":
            self.references[given[0]] = self.references.get(given[0], 0) + 1
            self.current[thread] = self._primary(given[0])
        elif row.op in {"reset_device", "reset_device_force"}:
            self._reset(given[0], all_of_them=row.op.endswith("force"))
        elif row.op == "set_context":
            self.current[thread] = given[0]
        elif row.op == "get_context":
            self._meet_primary(thread, outputs[0])
        elif row.op.startswith(("destroy_", "free_", "unload")):
            self._destroy(row, values)
        self._make(row, thread, outputs)

    def _make(self, row: Row, thread: str, outputs: tuple[object, ...]) -> None:
        for kind, value in made(row, outputs):
            if not isinstance(value, int) or value == 0:
                continue
            life = self.lives.get(value)
            if row.op.startswith("create"):
                assert life is None or not life.alive, f"{row.name} gave out a handle that lives"
            if life is None or not life.alive:
                self.lives[value] = Life(kind, value if kind is Ref.CONTEXT else self.current.get(thread))
            if row.op == "create_context":
                self.current[thread] = value

    def _primary(self, device: int) -> object:
        """Return what stands for the primary context of a device until it is reset."""
        return ("primary", device, self._primaries.setdefault(device, 0))

    def _meet_primary(self, thread: str, handle: object) -> None:
        token = self.current.get(thread)
        if isinstance(handle, int) and isinstance(token, tuple) and handle not in self.lives:
            self.lives[handle] = Life(Ref.CONTEXT, token)

    def _reset(self, device: int, *, all_of_them: bool) -> None:
        left = 0 if all_of_them else self.references.get(device, 0) - 1
        self.references[device] = left
        if left <= 0:
            self._end(self._primary(device))
            self._primaries[device] += 1

    def _destroy(self, row: Row, values: tuple[object, ...]) -> None:
        for param, value in zip(row.params, values, strict=True):
            if param.refers in KINDS and isinstance(value, int) and value in self.lives:
                self.lives[value].alive = False
                self._end(value)
                return

    def _end(self, context: object) -> None:
        """Let all die that belongs to *context*, which is a handle or stands for a primary one."""
        contexts = [(handle, life) for handle, life in self.lives.items() if life.kind is Ref.CONTEXT]
        named = {handle for handle, life in contexts if life.context == context}
        for life in self.lives.values():
            if life.kind in _WITH_CONTEXT and (life.context == context or life.context in named):
                life.alive = False
