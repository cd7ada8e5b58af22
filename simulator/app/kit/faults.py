"""Hypothesis strategies for what goes wrong: plans of declared faults, derived from the shapes of their kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from hypothesis import strategies as st

from simulator.core.faults import RESOURCES, SHAPES, DeclaredFault, FaultKind, Unit

# What the programs of this kit are made of: a fault that meets nothing would test nothing.
_CALLS: Final = (
    "synchronize_stream",
    "execute_async",
    "launch_callback",
    "memcpy_async",
    "process_report",
    "subscribe_report",
)
NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "function": _CALLS,
        "task": ("execute", "copy", "set", "small", "large"),
        "callback": ("callback0", "callback1"),
        "resource": tuple(sorted(set(RESOURCES) - {"memory"})),
        "stream": ("stream-0.1", "default of primary-0"),
        "thread": ("reporter0", "launcher0"),
        "device": ("0", "1"),
    }
)
"""Whom faults may name, by what it is; your own programs have other callbacks, streams and threads."""

_NUMBERS: Final = {
    Unit.CODE: st.sampled_from((507899, 507014, 207000)),
    Unit.DURATION: st.sampled_from((0, 20_000, 3_000_000)),
    Unit.AMOUNT: st.integers(1, 3),
}
_TIMES: Final = st.sampled_from((0, 10_000, 400_000, 5_000_000))


def fault_plans(
    kinds: Iterable[FaultKind] = tuple(FaultKind),
    *,
    names: Mapping[str, tuple[str, ...]] = NAMES,
    most: int = 3,
) -> st.SearchStrategy[tuple[DeclaredFault, ...]]:
    """Plans of 1 to *most* faults of these *kinds*, for `Session(faults=...)`; *names* replaces those of `NAMES`."""
    return st.lists(_faults(tuple(kinds), {**NAMES, **names}), min_size=1, max_size=most).map(tuple)


@st.composite
def _faults(
    draw: st.DrawFn, kinds: tuple[FaultKind, ...], names: Mapping[str, tuple[str, ...]]
) -> DeclaredFault:
    kind = draw(st.sampled_from(kinds))
    shape = SHAPES[kind]

    def named(name: str, field: str) -> str | None:
        if not name:
            return None
        named = st.sampled_from(names[name])
        return draw(named if field in shape.needs else st.none() | named)

    what = None if kind is FaultKind.TEARDOWN else named(shape.what, "what")
    where = named(shape.where, "where")
    timed = shape.timed and (bool(shape.needs) or draw(st.booleans()))
    nth = draw(st.integers(1, 4) if kind is FaultKind.DEVICE_LOST else st.none() | st.integers(1, 4))
    value = None
    if shape.unit is not None and (shape.unit is not Unit.CODE or kind is FaultKind.CALL):
        value = draw(_NUMBERS[shape.unit])
    return DeclaredFault(
        kind,
        what,
        where,
        nth=nth if shape.counted and not timed else None,
        value=value,
        at=draw(_TIMES) if timed else None,
        maybe=draw(st.booleans()),
    )
