"""What no prototype tells of how C arguments and a row's parameters stand for each other.

`EXCEPTIONS`: by function and C parameter, `HOW name beside` as in `passing.py`: the kind of passing, the row's
parameter or output, the C parameter that bounds it. `NULLABLE`: outputs for which the real library takes NULL; it
refuses NULL for all others with 100000 (rule 0.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_OPERATOR: Final = {
    "numInputs": "COUNT - inputDesc",
    "inputDesc": "LIST input_desc numInputs",
    "inputs": "LIST inputs numInputs",
    "numOutputs": "COUNT - outputDesc",
    "outputDesc": "LIST output_desc numOutputs",
    "outputs": "LIST outputs numOutputs",
}

EXCEPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "aclAppLog": {
        "logLevel": "VALUE level",
        "func": "UNUSED",
        "file": "UNUSED",
        "line": "UNUSED",
        "fmt": "TEXT message",
    },
    "aclGetCannAttributeList": {"cannAttrList": "OUTPUT_LENT attrs num int", "num": "OUTPUT num"},
    "aclmdlSetConfigOpt": {"attrValue": "OPTION value valueSize", "valueSize": "COUNT - attrValue"},
    "aclmdlSetExecConfigOpt": {
        "attrValue": "POINTED value valueSize uint32_t",
        "valueSize": "COUNT - attrValue",
    },
    "aclopCreateHandle": {
        name: told for name, told in _OPERATOR.items() if name not in {"inputs", "outputs"}
    },
    "aclopExecWithHandle": {
        "numInputs": "COUNT - inputs",
        "inputs": "LIST inputs numInputs",
        "numOutputs": "COUNT - outputs",
        "outputs": "LIST outputs numOutputs",
    },
    "aclopExecute": _OPERATOR,
    "aclopExecuteV2": _OPERATOR,
    "aclopInferShape": {
        **{name: told for name, told in _OPERATOR.items() if name != "outputs"},
        "numOutputs": "VALUE num_outputs",
    },
    "aclopSetAttrListListInt": {
        "numLists": "COUNT - values",
        "numValues": "COUNTS - values int",
        "values": "LISTS values numLists int64_t",
    },
    "aclopUpdateParams": {
        name: told for name, told in _OPERATOR.items() if name not in {"inputs", "outputs"}
    },
    "aclopSetAttrListString": {"values": "TEXTS values numValues", "numValues": "COUNT - values"},
    "aclprofCreateSubscribeConfig": {"fd": "POINTED fd fd int"},
    "aclrtGetGroupCount": {"count": "OUTPUT count"},
    "aclrtGetGroupInfoDetail": {
        "attrValue": "OUTPUT_LIST values valueLen int32_t",
        "valueLen": "COUNT - attrValue",
        "paramRetSize": "OUTPUT_COUNT - attrValue size_t",
    },
    "aclrtGetMemUceInfo": {"retSize": "OUTPUT_COUNT - memUceInfoArray size_t"},
    "aclrtGetPrimaryCtxState": {"flags": "RESERVED flags"},
}

NULLABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "aclFinalizeReference": ("refCount",),
    "aclrtDeviceGetStreamPriorityRange": ("leastPriority", "greatestPriority"),
}

# Parameters of a row that the C function has not, and what they are then.
CONSTANTS: Final[Mapping[str, Mapping[str, object]]] = {"aclrtGetGroupCount": {"count": 0}}
