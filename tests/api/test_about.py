"""Versions, features, figures of the product, numbers of 16 bits."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import acl_api as acl
from acl_api import installation
from acl_api.table.about import to_float, to_half

BAD, NO_FILE, INTERNAL = 100000, 100003, 500000
EMPTY = dict.fromkeys(installation.KEYS, "")


@pytest.fixture(autouse=True)
def session(monkeypatch, tmp_path):
    monkeypatch.delenv("ASCEND_HOME_PATH", raising=False)
    monkeypatch.setattr(installation, "_INSTALLED", tmp_path / "ascend_install.info")
    with acl.Session(devices=2) as session:
        yield session


def install(folder, package: str, text: str) -> None:
    (folder / package).mkdir(parents=True)
    (folder / package / "version.info").write_text(text)


# -- versions


def test_without_an_installation_the_modelled_version_is_told():
    assert acl.get_version_str("runtime") == ("9.1.0", 0)
    info, code = acl.get_cann_version(0)
    assert (info["version"], info["major_version"], info["minor_version"], code) == ("9.1.0", "9", "1", 0)
    assert (info["release_version"], info["patch_version"], info["reserved"]) == ("0", "0", "")
    assert acl.get_version_str("no-such-package") == ("", NO_FILE)


def test_there_is_no_driver_where_none_is_installed(tmp_path):
    assert acl.get_cann_version(7) == (EMPTY, NO_FILE)
    (tmp_path / "ascend_install.info").write_text(f"UserName=x\nDriver_Install_Path_Param={tmp_path}/drv\n")
    assert acl.get_version_str("driver") == ("", NO_FILE)
    install(tmp_path / "drv", "driver", "Version=25.2.0\n")
    assert acl.get_version_str("driver") == ("25.2.0", 0)
    assert acl.get_version_str("firmware") == ("", NO_FILE)


def test_an_installation_is_read_as_the_vendors_code_reads_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ASCEND_HOME_PATH", str(tmp_path))
    assert acl.get_version_str("runtime") == ("", NO_FILE)
    info = tmp_path / "share" / "info"
    install(info, "runtime", "name=x\nVersion=8.5.0-alpha.001\nVersion=1.0\n")
    install(info, "bisheng_compiler", "Version= 8.3 \n")
    install(info, "hccl", "Version=\n")
    install(info, "ops-legacy", "Version=9\n")
    assert acl.get_version_str("runtime") == ("8.5.0-alpha.001", 0)
    assert acl.get_cann_version(1)[0]["version"] == "8.5.0.alpha001"
    assert acl.get_cann_version(1)[0]["patch_version"] == "alpha001"
    assert acl.get_version_str("bisheng-compiler") == ("8.3", 0)
    assert acl.get_cann_version(2)[0]["release_version"] == "0"
    assert acl.get_cann_version(3) == (EMPTY, NO_FILE)
    assert acl.get_cann_version(5) == (EMPTY, NO_FILE)  # one number is no version
    assert acl.get_cann_version(8) == (EMPTY, BAD)


def test_a_version_that_does_not_fit_is_an_internal_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("ASCEND_HOME_PATH", str(tmp_path))
    install(tmp_path / "share" / "info", "runtime", f"Version=1.{'2' * 130}\n")
    assert acl.get_version_str("runtime") == ("", INTERNAL)


# -- features and figures


@pytest.mark.parametrize(("soc", "features"), [("Ascend910B", [0, 1, 2]), ("Ascend310P", [2])])
def test_the_features_of_a_product(soc, features):
    with acl.Session(soc=soc):
        assert acl.get_cann_attribute_list() == (features, len(features), 0)
        assert [acl.get_cann_attribute(attr) for attr in (0, 1, 2)] == [
            (int(attr in features), 0) for attr in (0, 1, 2)
        ]
        assert acl.get_cann_attribute(3) == (0, BAD)
        assert acl.get_cann_attribute(-1) == (0, BAD)


def test_the_figures_of_a_device(session):
    engines = session.profile.engines
    assert acl.get_device_capability(1, 0) == (engines.ai_cores, 0)
    assert acl.get_device_capability(0, 1) == (engines.vector_cores, 0)
    assert acl.get_device_capability(0, 2) == (192 << 20, 0)
    assert acl.get_device_capability(0, 3) == acl.get_device_capability(0, -1) == (0, BAD)
    assert acl.get_device_capability(2, 0) == acl.get_device_capability(-1, 0) == (0, BAD)


# -- numbers of 16 bits


def test_what_ieee_calls_infinite_is_a_number_here():
    assert acl.float16_to_float(0x7C00) == 65536.0
    assert acl.float16_to_float(0xFC00) == -65536.0
    assert acl.float16_to_float(0x7E00) == 98304.0
    assert (
        acl.float_to_float16(math.inf) == acl.float_to_float16(1e30) == acl.float_to_float16(65520) == 0x7BFF
    )
    assert acl.float_to_float16(-math.inf) == 0xFBFF
    assert acl.float_to_float16(math.nan) == 0x7BFF
    assert math.copysign(1, acl.float16_to_float(0x8000)) == -1
    assert acl.float_to_float16(-0.0) == 0x8000


@given(st.integers(0, 0xFFFF).filter(lambda bits: bits & 0x7C00 != 0x7C00))
def test_law_finite_numbers_are_ieees_and_come_back(bits):
    assert to_float(bits) == struct.unpack("e", struct.pack("H", bits))[0]
    assert to_half(to_float(bits)) == bits


@given(st.floats(-65504, 65504, width=32))
def test_law_rounding_is_to_the_nearest_even_as_numpys(number):
    assert to_half(number) == int(np.float32(number).astype(np.float16).view(np.uint16))
