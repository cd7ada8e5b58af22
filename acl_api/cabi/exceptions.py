"""What no prototype tells of how C arguments and a row's parameters stand for each other.

`EXCEPTIONS`: by function and C parameter, `HOW name beside` as in `passing.py`: the kind of passing, the row's
parameter or output, the C parameter that bounds it. `NULLABLE`: outputs for which the real library takes NULL; it
refuses NULL for all others with 100000 (rule 0.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# What single operators are given: the number of inputs stands before two lists of them, and a text before that.
_OPERATOR: Final = {
    "opType": "TEXT op_type",
    "numInputs": "COUNT - inputDesc",
    "inputDesc": "LIST input_desc numInputs",
    "numOutputs": "COUNT - outputDesc",
    "outputDesc": "LIST output_desc numOutputs",
}
_BUFFERS: Final = {"inputs": "LIST inputs numInputs", "outputs": "LIST outputs numOutputs"}
_ON_STREAM: Final = {"attr": "VALUE attr", "stream": "VALUE stream"}


def _attr_list(kind: str = "LIST") -> dict[str, str]:
    return {
        "attr": "VALUE attr",
        "attrName": "TEXT attr_name",
        "numValues": "COUNT - values",
        "values": f"{kind} values numValues",
    }


EXCEPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "aclAppLog": {
        "logLevel": "VALUE level",
        "func": "UNUSED",
        "file": "UNUSED",
        "line": "UNUSED",
        "fmt": "TEXT message",
    },
    "aclmdlSetConfigOpt": {"attrValue": "POINTED value valueSize", "valueSize": "COUNT - attrValue"},
    "aclmdlSetExecConfigOpt": {"attrValue": "POINTED value valueSize", "valueSize": "COUNT - attrValue"},
    "aclopCreateHandle": {**_OPERATOR, "opAttr": "VALUE op_attr"},
    "aclopExecWithHandle": {
        "handle": "VALUE handle",
        "numInputs": "COUNT - inputs",
        "numOutputs": "COUNT - outputs",
        "stream": "VALUE stream",
        **_BUFFERS,
    },
    "aclopExecute": {**_OPERATOR, **_BUFFERS, **_ON_STREAM},
    "aclopExecuteV2": {**_OPERATOR, **_BUFFERS, **_ON_STREAM},
    "aclopInferShape": {
        **_OPERATOR,
        "inputs": "LIST inputs numInputs",
        "numOutputs": "VALUE num_outputs",
        "attr": "VALUE attr",
    },
    **dict.fromkeys(
        (f"aclopSetAttrList{kind}" for kind in ("Bool", "DataType", "Float", "Int")), _attr_list()
    ),
    "aclopSetAttrListListInt": {
        "attr": "VALUE attr",
        "attrName": "TEXT attr_name",
        "numLists": "COUNT - values",
        "numValues": "LENGTHS - numLists",
        "values": "LISTS values numValues",
    },
    "aclopSetAttrListString": _attr_list("TEXTS"),
    "aclopUpdateParams": {**_OPERATOR, "attr": "VALUE attr"},
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
