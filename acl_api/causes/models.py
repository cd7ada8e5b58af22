"""Causes that lie in models: one that nobody has described, and a run that was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.core.models import Model
from simulator.core.tensors import GEAR_INPUT

if TYPE_CHECKING:
    from acl_api.causes.failure import Failure, Told

_SIDES: Final = {"get_input_index_by_name": "input", "get_output_index_by_name": "output"}


def unknown_model(failure: Failure) -> Told:
    """Say how a model is made known: files with the vendor's content are not read."""
    from acl_api.models.sidefile import how_to_declare  # only programs that load models need it

    path = next((value for value in failure.values if isinstance(value, str)), None)
    if path is None:
        folders = "the folders of ACLSIM_MODELS, the working directory and the program's folder"
        return (
            f"no side file in {folders}, or below them, describes a model of that content",
            f"If it lies elsewhere, name its folder in ACLSIM_MODELS. Else: {how_to_declare('NAME.om')}.",
        )
    if not path:
        return "the model's path is empty", "Give the path of its .om file."
    return f"nothing is known of the model {path}", f"{how_to_declare(path)}."


def model_run(failure: Failure) -> Told | None:
    """Say why a run of a model was refused, or failed while the call waited for it."""
    model = failure.of(Model)
    if failure.check is not None or not isinstance(model, Model) or not model.said:
        return None
    return model.said, "Compare the datasets with the model's description, and see docs/models.md."


def no_tensor(failure: Failure) -> Told | None:
    """Say that a model has no input or output of a name, which programs also ask to find out about gears."""
    side = _SIDES.get(failure.row.op)
    if side is None or failure.check is not None:
        return None
    name = next((value for value in failure.values if isinstance(value, str)), "")
    if name == GEAR_INPUT and side == "input":
        return (
            f"the model has no input {name}: it has no gears",
            "A program that asks in order to know may go on.",
        )
    return f'the model has no {side} named "{name}"', f"acl.mdl.get_{side}_name_by_index tells the names."
