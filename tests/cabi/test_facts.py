"""The committed facts of the C surface: how much there is, and that it fits together."""

from __future__ import annotations

import csv
from importlib import resources

from acl_api import codes
from acl_api.cabi.ctypes import WIDTHS, is_complete, scalar_of
from acl_api.cabi.declarations import (
    CParam,
    Record,
    aliases,
    callbacks,
    constants,
    enums,
    functions,
    handles,
    pointed_to,
    records,
)


def test_the_surface_is_whole():
    assert len(functions()) == 667
    assert (len(enums()), len(records()), len(handles()), len(callbacks())) == (104, 70, 50, 16)
    assert len(constants()) == 389


def test_every_type_that_is_named_is_known():
    given = [param.ctype for function in functions().values() for param in function.params]
    given += [function.returns for function in functions().values() if function.returns != "void"]
    given += [param.ctype for callback in callbacks().values() for param in callback.params]

    assert {
        ctype
        for ctype in given
        if scalar_of(ctype) not in WIDTHS and aliases().get(ctype, ctype) not in records()
    } == set()


def test_every_field_has_a_type_of_known_size():
    def unknown(record: Record) -> list[str]:
        return [
            f"{record.name}.{field.name}"
            for field in record.fields
            if isinstance(field, CParam) and not is_complete(aliases().get(base(field), base(field)))
        ]

    def base(field: CParam) -> str:
        return field.ctype.partition("[")[0]

    assert [name for record in records().values() for name in unknown(record)] == []


def test_error_codes_are_those_of_the_table():
    known = {name: info.code for info in codes.all_codes() for name in info.names}
    read = {constant.name: constant.literal for constant in constants() if constant.name in known}

    assert {name: int(literal.rstrip("U")) for name, literal in read.items()} == known


def test_the_binding_names_functions_of_the_surface():
    surface = (resources.files("acl_api.table") / "surface.csv").read_text("utf-8").splitlines()
    named = {
        row["c_name"] for row in csv.DictReader(surface) if row["name"].startswith(("acl.rt.", "acl.mdl."))
    }

    assert {name for name in named if name not in functions()} == set()


def test_pointers_and_arrays_point_to_their_elements():
    assert pointed_to("const void *") == "void"
    assert pointed_to("int32_t *const") == "int32_t"
    assert pointed_to("void **") == "void *"
    assert pointed_to("int64_t[][2]") == "int64_t[2]"
    assert pointed_to("const aclTensorDesc *const[]") == "aclTensorDesc *"
    assert pointed_to("aclrtStream") is None
