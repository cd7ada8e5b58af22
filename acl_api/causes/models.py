"""Causes that lie in models: one that nobody has described, and a run that was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.core.models import Model

if TYPE_CHECKING:
    from acl_api.causes.failure import Failure, Told


def unknown_model(failure: Failure) -> Told:
    """Say how a model is made known: files with the vendor's content are not read."""
    from acl_api.models.sidefile import how_to_declare  # only programs that load models need it

    path = next((value for value in failure.values if isinstance(value, str)), None)
    if path is None:
        return "no side file describes a model of that content", f"{how_to_declare('NAME.om')}."
    return f"nothing is known of the model {path}", f"{how_to_declare(path)}."


def model_run(failure: Failure) -> Told | None:
    """Say why a run of a model was refused, or failed while the call waited for it."""
    model = failure.of(Model)
    if failure.check is not None or not isinstance(model, Model) or not model.said:
        return None
    return model.said, "Compare the datasets with the model's description, and see docs/models.md."
