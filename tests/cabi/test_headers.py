"""The headers compile by themselves, in both languages, and say what the facts say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from acl_api.cabi.build import misfits
from acl_api.cabi.headers import header_texts
from simulator.base.errors import UserError

C11 = ("gcc", "-std=c11", "-x", "c")
CXX17 = ("g++", "-std=c++17", "-x", "c++")


def complaints(language: tuple[str, ...], include: Path, *lines: str) -> str:
    """What the compiler says to a file of these lines."""
    command = [*language, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{include}", "-"]
    done = subprocess.run(command, input="\n".join([*lines, ""]), capture_output=True, text=True, check=False)
    return done.stderr


@pytest.mark.parametrize("language", [C11, CXX17], ids=["C11", "C++17"])
def test_all_headers_compile_together_and_alone(language: tuple[str, ...], library: Path):
    names = sorted(header_texts())
    together = [f"#include <{name}>" for name in names]

    assert (
        complaints(language, library / "include", *together, *together, "int main(void) { return 0; }") == ""
    )
    for name in ("acl/acl.h", "acl/acl_rt.h", "acl/acl_mdl.h", "acl/ops/acl_cblas.h", "acl/acl_prof.h"):
        assert (
            complaints(language, library / "include", f"#include <{name}>", "int main(void) { return 0; }")
            == ""
        )


def test_constants_can_be_cases_and_handles_are_distinct_types(library: Path):
    lines = [
        "#include <acl/acl.h>",
        "int name(aclError code) { switch (code) {",
        "case ACL_ERROR_RT_STREAM_NO_CB_REG: return 1; case ACL_ERROR_RT_REPORT_TIMEOUT: return 2;",
        "default: return code == ACL_SUCCESS ? 0 : 3; } }",
        "aclrtRunMode mode(void) { return ACL_HOST; }",
    ]

    assert complaints(C11, library / "include", *lines) == ""
    wrong = complaints(
        CXX17, library / "include", "#include <acl/acl.h>", "aclDataBuffer *b = aclmdlCreateDesc();"
    )
    assert "cannot convert" in wrong


def test_overloads_save_cxx_programs_casts(library: Path):
    lines = [
        "#include <acl/acl_rt_api.h>",
        "int main() { float *numbers; aclrtStream stream;",
        "return aclrtMalloc(&numbers, 64) + aclrtMallocHost(&numbers, 64) + aclrtCreateStream(&stream, 0, 0)",
        "+ aclrtSynchronizeStream(stream, 100) + aclrtSynchronizeDevice(100); }",
    ]

    assert complaints(CXX17, library / "include", *lines) == ""


def test_other_headers_are_compared_by_their_prototypes(library: Path, tmp_path: Path):
    theirs = tmp_path / "acl"
    theirs.mkdir()
    (theirs / "acl_rt.h").write_text(
        "#include <stdint.h>\\n#include <stddef.h>\\ntypedef int aclError;\\ntypedef void *aclrtStream;\\n"
        "aclError aclrtCreateStream(aclrtStream *stream);\\naclError aclrtSetDevice(uint64_t device);\\n".replace(
            "\\n", "\n"
        ),
        encoding="utf-8",
    )

    declared, wrong = misfits(tmp_path)

    assert declared == 2
    assert list(wrong) == ["aclrtSetDevice"]
    assert misfits(library / "include") == (667, {})
    with pytest.raises(UserError, match="no header of the surface lies there"):
        misfits(tmp_path / "acl")
