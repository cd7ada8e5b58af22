"""Rows: versions, features, sizes of the product, and numbers of 16 bits."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.installation import KEYS, PACKAGES, parts_of, version_of
from acl_api.table.checks import not_null
from acl_api.table.row import Check, Param, Row

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_SOURCE = "pyACL py_init_acl.cpp; hicann/runtime src/acl/aclrt_impl/acl.cpp"
_FILES = f"{_SOURCE}; without ASCEND_HOME_PATH the version of the runtime that was modelled"
_BAD = (codes.ACL_ERROR_INVALID_PARAM,)
_LONGEST_VERSION: Final = 127
_NO_VERSION: Final = dict.fromkeys(KEYS, "")
# Numbers of aclCannAttr; what compiles while a program runs depends on no product.
_JIT_COMPILE: Final = 2
_LARGEST_HALF: Final = 65504.0


def _version_text(_rt: Runtime, _me: Caller, package: str) -> tuple[str] | int:
    version = version_of(package)
    if version is None:
        return codes.ACL_ERROR_INVALID_FILE
    return codes.ACL_ERROR_INTERNAL_ERROR if len(version) > _LONGEST_VERSION else (version,)


def _version(_rt: Runtime, _me: Caller, package: int) -> tuple[dict[str, str]] | int:
    version = version_of(PACKAGES[package])
    parts = None if version is None else parts_of(version)
    return codes.ACL_ERROR_INVALID_FILE if parts is None else (parts,)


def _attributes(rt: Runtime) -> dict[int, bool]:
    figures = rt.profile.runtime
    return {0: figures.inf_nan, 1: figures.bf16, _JIT_COMPILE: True}


def _attribute_list(rt: Runtime, _me: Caller) -> tuple[list[int], int]:
    there = [number for number, available in _attributes(rt).items() if available]
    return there, len(there)


def _attribute(rt: Runtime, _me: Caller, attr: int) -> tuple[int] | int:
    available = _attributes(rt).get(attr)
    return codes.ACL_ERROR_INVALID_PARAM if available is None else (int(available),)


def _capability(rt: Runtime, _me: Caller, _device: int, info: int) -> tuple[int] | int:
    engines = rt.profile.engines
    figures = (engines.ai_cores, engines.vector_cores, engines.l2_cache_bytes)
    return (figures[info],) if 0 <= info < len(figures) else codes.ACL_ERROR_INVALID_PARAM


def to_float(half: int) -> float:
    """Return the number that 16 bits stand for. The vendor's code has no infinity: its 0x7C00 is 65536."""
    sign, exponent, fraction = half >> 15, half >> 10 & 0x1F, half & 0x3FF
    size = (fraction / 1024 + bool(exponent)) * 2.0 ** (max(exponent, 1) - 15)
    return -size if sign else size


def to_half(number: float) -> int:
    """Return the 16 bits nearest to a number; what is too large, infinite or none becomes +-65504."""
    bits = struct.unpack("I", struct.pack("f", number))[0]
    held = min(abs(number), _LARGEST_HALF) if number == number else _LARGEST_HALF  # noqa: PLR0124 - NaN
    small, sign = struct.unpack("H", struct.pack("e", held))[0], bits >> 31
    return int(small) | int(sign) << 15


def _convert(name: str, c_name: str, param: Param, out: str, failed: object, says: str) -> Row:
    convert = to_float if param.unit == "H" else to_half
    return Row(
        f"acl.{name}",
        c_name,
        lambda _rt, _me, value: (convert(value),),
        params=(param,),
        outs=(out,),
        failed=(failed,),
        bare=True,
        says=says,
        source="pyACL py_init_acl.cpp; hicann/runtime src/acl/aclrt_impl/types/fp16_impl.cpp",
    )


ROWS = (
    Row(
        "acl.get_version_str",
        "aclsysGetVersionStr",
        _version_text,
        params=(Param("pkg_name", "s"),),
        checks=(not_null("pkg_name"),),
        outs=("version",),
        failed=("",),
        errors=(codes.ACL_ERROR_INVALID_FILE, codes.ACL_ERROR_INTERNAL_ERROR),
        says="The version of one of the vendor's packages, as its file version.info says it.",
        source=_FILES,
    ),
    Row(
        "acl.get_cann_version",
        "aclsysGetCANNVersion",
        _version,
        params=(Param("package", "I"),),
        checks=(
            Check(
                "0.2",
                codes.ACL_ERROR_INVALID_PARAM,
                "package is no number of a package",
                ("package",),
                lambda _me, value: value not in range(len(PACKAGES)),
            ),
        ),
        outs=("info",),
        failed=(_NO_VERSION,),
        errors=(codes.ACL_ERROR_INVALID_FILE,),
        says="The same, by number and taken apart; all texts are empty when there is none.",
        source=_FILES,
    ),
    Row(
        "acl.get_cann_attribute_list",
        "aclGetCannAttributeList",
        _attribute_list,
        outs=("attrs", "num"),
        failed=([], 0),
        says="The features that there are: INF_NAN (0), BF16 (1), JIT_COMPILE (2).",
        source=f"{_SOURCE}, utils/cann_info_utils.cpp; support_inf_nan and support_bf16 of the product's file",
    ),
    Row(
        "acl.get_cann_attribute",
        "aclGetCannAttribute",
        _attribute,
        params=(Param("attr", "i"),),
        outs=("value",),
        failed=(0,),
        errors=_BAD,
        says="Whether there is such a feature: 1 or 0.",
        source=f"{_SOURCE}, utils/cann_info_utils.cpp",
    ),
    Row(
        "acl.get_device_capability",
        "aclGetDeviceCapability",
        _capability,
        params=(Param("device_id", "I"), Param("info", "i")),
        checks=(
            Check(
                "0.2",
                codes.ACL_ERROR_INVALID_PARAM,
                "device_id is not a device of this machine",
                ("device_id",),
                lambda me, value: value not in range(len(me.rt.devices)),
            ),
        ),
        outs=("value",),
        failed=(0,),
        errors=_BAD,
        says="How many AI cores (0) or vector cores (1) a device has, or the bytes of its L2 cache (2).",
        source=f"{_SOURCE}; figures of the SoC profile",
    ),
    _convert(
        "float16_to_float",
        "aclFloat16ToFloat",
        Param("value", "H"),
        "f",
        0.0,
        "The number that 16 bits stand for; without infinities: 0x7C00 is 65536.",
    ),
    _convert(
        "float_to_float16",
        "aclFloatToFloat16",
        Param("value", "f"),
        "h",
        0,
        "The 16 bits nearest to a number; what is too large, or no number, becomes 65504 or -65504.",
    ),
)
