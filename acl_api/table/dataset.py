"""Rows: data sets, the lists of data buffers that a run works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acl_api import codes
from acl_api.table.checks import alive, of_kind
from acl_api.table.model import SOURCE, dataset
from acl_api.table.row import Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.operations import models
from simulator.core.operations.models import DataBuffer, Dataset
from simulator.core.tensors import TensorDesc

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_DATASET = Param("dataset", "k", Ref.DATASET)
_INDEX = Param("index", "k")


def _destroy(rt: Runtime, _me: Caller, handle: int) -> None:
    found = rt.handles.live[handle]
    if isinstance(found, Dataset):
        models.destroy_dataset(rt, handle, found)


def _add_buffer(rt: Runtime, _me: Caller, handle: int, buffer: int) -> object:
    found, data = rt.handles.live[handle], rt.handles.live[buffer]
    if isinstance(found, Dataset) and isinstance(data, DataBuffer):
        found.append(data, buffer)
    return (handle,)


def _buffer(_rt: Runtime, _me: Caller, found: Dataset, index: int) -> tuple[int]:
    return (found.handles[index] if index < len(found.handles) else 0,)


def _describe(rt: Runtime, _me: Caller, handle: int, desc: TensorDesc | None, index: int) -> object:
    """The data set keeps a description of its own; NULL takes it away (as the open code does)."""
    found = rt.handles.live[handle]
    if not isinstance(found, Dataset) or index >= len(found.buffers):
        return Fault.INVALID_ARGUMENT
    if desc is None:
        found.descs.pop(index, None)
    else:
        found.descs[index] = desc.copy()
    return (handle,)


def _description(rt: Runtime, _me: Caller, found: Dataset, index: int) -> tuple[int]:
    desc = found.descs.get(index)
    return (0 if desc is None else rt.handles.add(desc),)


ROWS = (
    Row(
        "acl.mdl.create_dataset",
        "aclmdlCreateDataset",
        lambda rt, _me: (rt.handles.add(Dataset()),),
        outs=("dataset",),
        failed=(0,),
        bare=True,
        says="Make an empty dataset.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.destroy_dataset",
        "aclmdlDestroyDataset",
        _destroy,
        params=(_DATASET,),
        checks=(alive("dataset", Dataset),),
        says="Destroy a dataset; its buffers stay.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.add_dataset_buffer",
        "aclmdlAddDatasetBuffer",
        _add_buffer,
        params=(_DATASET, Param("data_buffer", "k", Ref.BUFFER)),
        checks=(alive("dataset", Dataset), alive("data_buffer", DataBuffer)),
        outs=("dataset",),
        failed=(0,),
        says="Append a data buffer.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.get_dataset_num_buffers",
        "aclmdlGetDatasetNumBuffers",
        lambda _rt, _me, found: (len(found.buffers),),
        params=(_DATASET,),
        checks=dataset("dataset"),
        outs=("num",),
        failed=(0,),
        bare=True,
        says="How many buffers a dataset has.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.get_dataset_buffer",
        "aclmdlGetDatasetBuffer",
        _buffer,
        params=(_DATASET, _INDEX),
        checks=dataset("dataset"),
        outs=("data_buffer",),
        failed=(0,),
        bare=True,
        says="The handle of one data buffer; 0 when there are not so many.",
        misfit=LOUD,
        source=SOURCE,
    ),
    Row(
        "acl.mdl.set_dataset_tensor_desc",
        "aclmdlSetDatasetTensorDesc",
        _describe,
        params=(_DATASET, Param("tensor_desc", "k", Ref.TENSOR), _INDEX),
        checks=(alive("dataset", Dataset), of_kind("tensor_desc", TensorDesc)[1]),
        outs=("dataset",),
        failed=(0,),
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        says="Say which shape a buffer of an open shape has in the runs to come.",
        source=SOURCE,
    ),
    Row(
        "acl.mdl.get_dataset_tensor_desc",
        "aclmdlGetDatasetTensorDesc",
        _description,
        params=(_DATASET, _INDEX),
        checks=dataset("dataset"),
        outs=("tensor_desc",),
        failed=(0,),
        bare=True,
        says="The description of one buffer; of an output with an open shape it is what the last run gave.",
        source=SOURCE,
    ),
)
