"""Bundles: several models in one file, loaded and unloaded together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.core.operations.models import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.core.models import ModelSpec
    from simulator.core.runtime import Caller, Runtime


def load_bundle(rt: Runtime, me: Caller, specs: Sequence[ModelSpec]) -> tuple[int] | Fault:
    """Load the models of a bundle one after the other: (bundle id,), a number of its own."""
    loaded: list[int] = []
    for spec in specs:
        result = load(rt, me, spec)
        if isinstance(result, Fault):
            return result
        loaded.append(result[0])
    rt.models_loaded += 1
    rt.bundles[rt.models_loaded] = loaded
    return (rt.models_loaded,)


def in_bundle(rt: Runtime, model_id: int) -> bool:
    """Tell whether a model belongs to a bundle, which alone may unload it."""
    return any(model_id in models for models in rt.bundles.values())
