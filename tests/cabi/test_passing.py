"""One plan per function: every C parameter has a meaning, every parameter and output of the row a place."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from acl_api.cabi.declarations import functions, records
from acl_api.cabi.exceptions import CONSTANTS, EXCEPTIONS, NULLABLE
from acl_api.cabi.layout import Layout, layout_of, packed
from acl_api.cabi.passing import GIVEN, OUTPUTS, How, Plan, Returns, plan_of
from acl_api.table import ROWS, SURFACE
from acl_api.table.row import Row
from tests.cabi.building import has_compiler

C_ROWS = [row for row in ROWS.values() if row.in_c and row.c_name in functions()]


def planned(name: str) -> Plan:
    plan = plan_of(ROWS[name])
    assert plan is not None
    return plan


def told(plan: Plan) -> list[str]:
    """Each C parameter with what it stands for."""
    names = [param.name for param in plan.row.params]
    return [
        f"{each.param.name}: {each.how.name}"
        + (
            f" {plan.row.outs[each.at]}"
            if each.how in OUTPUTS
            else f" {names[each.at]}"
            if each.how in GIVEN
            else ""
        )
        for each in plan.passed
    ]


@pytest.mark.parametrize("row", C_ROWS, ids=lambda row: row.c_name)
def test_every_row_with_a_c_function_has_a_complete_plan(row: Row):
    plan = plan_of(row)

    assert plan is not None
    assert plan.missing == ()
    assert [each.param for each in plan.passed] == list(plan.function.params)
    places = [each.at for each in plan.passed if each.how in GIVEN]
    assert sorted({*places, *plan.constants}) == list(range(len(row.params)))
    assert len(places) == len(set(places))


ALL_ROWS = [row for row in SURFACE.values() if row.c_name in functions()]


def test_what_the_binding_has_beyond_the_table_could_be_planned():
    incomplete = {row.name for row in ALL_ROWS if (plan := plan_of(row)) is None or plan.missing}

    assert incomplete == set()


def test_nothing_of_the_binding_is_passed_without_a_meaning():
    unused = {
        (row.c_name, each.param.name)
        for row in ALL_ROWS
        if (plan := plan_of(row)) is not None
        for each in plan.passed
        if each.how is How.UNUSED
    }

    assert unused == {("aclAppLog", "func"), ("aclAppLog", "file"), ("aclAppLog", "line")}


def test_what_counts_and_what_is_counted_name_each_other():
    plans = [plan for row in ALL_ROWS if (plan := plan_of(row)) is not None]
    counts = [
        (plan, at, each) for plan in plans for at, each in enumerate(plan.passed) if each.how is How.COUNT
    ]

    wrong = {
        f"{plan.function.name}: {each.param.name}"
        for plan, at, each in counts
        if each.beside < 0 or plan.passed[each.beside].beside != at
    }

    assert len(counts) > 30
    assert wrong == set()


def test_exceptions_name_functions_and_parameters_that_there_are():
    named = {name: set(told) for name, told in EXCEPTIONS.items()}
    for name, parameters in NULLABLE.items():
        named.setdefault(name, set()).update(parameters)

    assert {
        name
        for name, parameters in named.items()
        if not parameters <= {param.name for param in functions()[name].params}
    } == set()
    assert CONSTANTS.keys() <= functions().keys()


def test_a_plan_tells_both_directions_what_each_parameter_is():
    assert told(planned("acl.rt.malloc")) == [
        "devPtr: OUTPUT ptr",
        "size: VALUE size",
        "policy: VALUE policy",
    ]
    assert told(planned("acl.rt.launch_callback")) == [
        "fn: FUNCTION fn",
        "userData: DATA user_data_list",
        "blockType: VALUE block_type",
        "stream: VALUE stream",
    ]
    assert told(planned("acl.create_tensor_desc")) == [
        "dataType: VALUE data_type",
        "numDims: COUNT",
        "dims: LIST dims",
        "format: VALUE format",
    ]
    assert told(planned("acl.rt.get_primary_ctx_state")) == [
        "deviceId: VALUE device_id",
        "flags: RESERVED flags",
        "active: OUTPUT active",
    ]
    assert told(planned("acl.mdl.get_input_dims")) == [
        "modelDesc: VALUE desc",
        "index: VALUE index",
        "dims: OUTPUT_RECORD dims",
    ]


def test_outputs_that_only_give_a_parameter_back_are_known():
    plan = planned("acl.mdl.add_dataset_buffer")

    assert plan.echoes == {0: 0}
    assert planned("acl.get_soc_name").returns is Returns.TEXT
    assert planned("acl.destroy_tensor_desc").returns is Returns.NOTHING


def measures(layout: Layout, path: str) -> list[tuple[str, int, int]]:
    return [(f"{path}.{field.name}", field.offset, field.size) for field in layout.fields if field.name]


@pytest.mark.skipif(not has_compiler(), reason="takes gcc")
def test_structs_lie_as_the_compiler_has_them(library: Path, tmp_path: Path):
    expected = []
    for name in records():
        layout = layout_of(name)
        expected += [(name, layout.size, layout.alignment), *measures(layout, name)]
    lines = ["#include <acl/acl.h>", "#include <acl/acl_dump.h>", "#include <acl/acl_prof.h>"]
    lines += [
        "#include <acl/acl_rt_memory_soma.h>",
        "#include <stdio.h>",
        "#include <stddef.h>",
        "int main(void) {",
    ]
    for name, _, _ in expected:
        record, dot, field = name.partition(".")
        first = f"offsetof({record}, {field})" if dot else f"sizeof({record})"
        second = f"sizeof((({record} *)0)->{field})" if dot else f"_Alignof({record})"
        lines.append(f'printf("{name} %zu %zu\\n", {first}, (size_t){second});')
    source, binary = tmp_path / "sizes.c", tmp_path / "sizes"
    source.write_text("\n".join([*lines, "return 0; }", ""]), encoding="utf-8")
    subprocess.run(
        ["gcc", "-std=c11", f"-I{library / 'include'}", str(source), "-o", str(binary)], check=True
    )
    printed = subprocess.run([str(binary)], capture_output=True, text=True, check=True).stdout

    assert printed.splitlines() == [f"{name} {first} {second}" for name, first, second in expected]


def test_a_struct_is_made_of_what_a_dict_names():
    dims = packed("aclmdlIODims", {"name": "x", "dimCount": 2, "dims": [1, 3]})

    assert (bytes(dims[:2]), len(dims)) == (b"x\0", 128 + 8 + 128 * 8)
    assert list(dims[128:160:8]) == [2, 1, 3, 0]
    nested = packed("aclrtPtrAttributes", {"location": {"id": 1, "type": 2}, "pageSize": 4})
    assert list(nested[:12:4]) == [1, 2, 4]
    gears = packed("aclmdlHW", {"hwCount": 2, "hw": [[224, 256], [4, 5]]})
    assert list(memoryview(gears).cast("Q"))[:6] == [2, 224, 256, 4, 5, 0]
