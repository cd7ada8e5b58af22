"""Thousands of small cases as one item of pytest: an item costs milliseconds, what these check microseconds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

_Test = Callable[..., None]


def for_each(parameter: str, cases: Iterable[Any], *, ids: Callable[[Any], str]) -> Callable[[_Test], _Test]:
    """Decorate a test as `pytest.mark.parametrize` does, but make one item of all cases.

    Each case is tried, whatever became of those before it, and each that fails is told by its name, with a
    traceback of its own. Fixtures are made once: no case may leave behind what another one sees.
    """
    every = tuple(cases)

    def decorate(test: _Test) -> _Test:
        def whole(**fixtures: Any) -> None:
            assert every, "no cases"
            outcomes = [_failure(test, {parameter: case, **fixtures}, ids(case)) for case in every]
            if failed := {ids(case): error for case, error in zip(every, outcomes, strict=True) if error}:
                raise BaseExceptionGroup(
                    f"{len(failed)} of {len(every)}: {', '.join(failed)}", [*failed.values()]
                )

        signature = inspect.signature(test)
        rest = [it for name, it in signature.parameters.items() if name != parameter]
        whole.__name__, whole.__module__, whole.__doc__ = test.__name__, test.__module__, test.__doc__
        whole.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
        return whole

    return decorate


def each_row(rows: Iterable[Any]) -> Callable[[_Test], _Test]:
    """Do so for rows of the table."""
    return for_each("row", rows, ids=lambda row: row.name)


def _failure(test: _Test, arguments: dict[str, Any], name: str) -> BaseException | None:
    try:
        test(**arguments)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - told with all others
        error.add_note(f"case: {name}")
        return error
    return None
