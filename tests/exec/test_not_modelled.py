"""Programs that need what is not modelled: told once per line, in their own words, and never a traceback of ours."""

from __future__ import annotations

from pathlib import Path

from tests.exec.launch import execute, program

SAYS = "aclsim does not model this function: the call did nothing and returned"

# As the samples have it: a class around the picture processor, which checks every code.
DVPP = """\
import acl
import acl.media


def check(what, ret):
    if ret != 0:
        raise Exception(f"{what} failed ret={ret}")


class AclLiteDvpp:
    def __init__(self, stream):
        self.stream = stream
        self.channel = acl.media.dvpp_create_channel_desc()
        check("create channel", acl.media.dvpp_create_channel(self.channel))
        self.resize_config = acl.media.dvpp_create_resize_config()

    def jpegd(self, data):
        ptr = acl.util.bytes_to_ptr(data)
        width, height, components, ret = acl.media.dvpp_jpeg_get_image_info(ptr, len(data))
        check("get image info", ret)

    def close(self):
        acl.media.dvpp_destroy_resize_config(self.resize_config)
        check("destroy channel", acl.media.dvpp_destroy_channel(self.channel))
        acl.media.dvpp_destroy_channel_desc(self.channel)


acl.init()
acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
dvpp = AclLiteDvpp(stream)
try:
    picture = b"no picture"
    dvpp.jpegd(picture)
finally:
    dvpp.close()
    acl.rt.destroy_stream(stream)
    acl.rt.reset_device(0)
    acl.finalize()
"""


def test_a_program_around_the_picture_processor_ends_at_the_first_codec_with_a_clear_message(tmp_path: Path):
    ended = execute(tmp_path, program(tmp_path, DVPP))
    assert ended.code == 1
    assert "Exception: get image info failed ret=200001" in ended.err
    assert (
        f"acl.media.dvpp_jpeg_get_image_info at prog.py:19 in jpegd: {SAYS} 200001 (ACL_ERROR_API_NOT_SUPPORT)"
        in ended.err
    )
    assert "'aclsim api acl.media' lists what is modelled" in ended.err
    assert "/acl_api/" not in ended.err
    assert ended.closing.startswith("aclsim: failed: prog.py ended with code 1")


LOOP = """\
import acl

acl.rt.set_device(0)
for _ in range(3):
    acl.media.dvpp_vpc_crop_async(0, 0, 0, 0, 0)
acl.media.dvpp_vpc_crop_async(0, 0, 0, 0, 0)
print(acl.fv.init(0), acl.media.dvpp_get_hist_dims(0))
"""


def test_each_line_that_calls_such_a_function_is_told_once(tmp_path: Path):
    ended = execute(tmp_path, program(tmp_path, LOOP))
    told = [line for line in ended.err.splitlines() if SAYS in line]
    assert [line.partition(" at ")[2].partition(" in ")[0] for line in told] == [
        "prog.py:5",
        "prog.py:6",
        "prog.py:7",
        "prog.py:7",
    ]
    assert f"{SAYS} 0." in told[-1], "what returns no code returns 0"
    assert ended.out == "200001 0\n"


def test_the_vendors_log_level_says_whether_it_is_told(tmp_path: Path):
    assert SAYS not in execute(tmp_path, program(tmp_path, LOOP), ASCEND_GLOBAL_LOG_LEVEL="4").err


def test_import_acl_gives_every_submodule(tmp_path: Path):
    text = """\
import sys
import acl
import acl.himpi, acl.prof
from acl.blas import gemm_ex
from acl.fv import *

modules = ("rt", "mdl", "op", "blas", "prof", "util", "fv", "media", "himpi")
assert all(sys.modules[f"acl.{name}"] is getattr(acl, name) for name in modules)
assert sum(len(dir(getattr(acl, name))) for name in modules) + len(dir(acl)) - len(modules) == 739
assert callable(create_init_para) and "bytes_to_ptr" in dir(acl.util) and not hasattr(acl, "Session")
print(hasattr(acl.rt, "create_event_ex_with_flag"), callable(gemm_ex))
"""
    ended = execute(tmp_path, program(tmp_path, text))
    assert (ended.code, ended.out) == (0, "True True\n"), ended.err
