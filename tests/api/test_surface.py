"""What programs see of the surface: names, shapes, bare functions, handles of any origin, the stubs."""

from __future__ import annotations

import ast
import pickle
from functools import cache
from importlib import import_module
from typing import Any

import pytest

import acl_api as acl
from acl_api import stubs
from acl_api.bind import by_name
from acl_api.table import ROWS, SURFACE
from acl_api.table.row import Param, Ref, Row, Status
from simulator.base.trace import Noted
from simulator.core.models import ModelSpec
from tests.api.samples import SAMPLES, made
from tests.conformance.calls_on_memory import MAKERS as RIGHT
from tests.together import each_row

rt: Any = import_module("acl_api.rt")
mdl: Any = import_module("acl_api.mdl")
media: Any = import_module("acl_api.media")
prof: Any = import_module("acl_api.prof")
util: Any = import_module("acl_api.util")
c: Any = import_module("acl_api.c")

FAULT = 107017
FORGED = 0xDEAD_BEEF
ALL_INPUTS = (1 << 64) - 1


def module_of(row: Row) -> Any:
    return c if row.family == "c" else import_module(row.family.replace("acl", "acl_api", 1))


@pytest.fixture
def session():
    with acl.Session(devices=2) as session:
        session.declare_model(ModelSpec("net", latency_ns=1000))
        yield session


# -- names


@pytest.mark.shows("p5")
@each_row(SURFACE.values())
def test_a_function_is_found_by_dir_hasattr_and_its_c_name(row):
    module = module_of(row)
    name = row.c_name if row.family == "c" else row.short
    assert name in dir(module)
    assert hasattr(module, name)
    assert callable(getattr(module, name))
    assert getattr(module, name) is getattr(module, name)
    in_c = row.c_name.startswith("acl") and row.status is not Status.NOT_MODELLED
    assert hasattr(c, row.c_name or "acl") == in_c


@pytest.mark.shows("p6")
@pytest.mark.parametrize(
    "probe", ["bytes_to_ptr", "create_event_ex_with_flags", "MEMCPY_HOST_TO_DEVICE", "stream"]
)
def test_probing_for_what_is_not_there_is_safe(probe):
    assert not hasattr(rt, probe)
    assert getattr(rt, probe, None) is None
    assert not hasattr(acl, probe)


@pytest.mark.shows("p1")
def test_submodules_hang_on_the_package():
    assert acl.rt is rt
    assert acl.mdl is mdl
    assert {"rt", "mdl", "c", "codes", "init", "finalize", "Session"} <= set(dir(acl))


@each_row(SURFACE.values())
def test_a_function_knows_its_name_its_home_and_its_codes(row):
    function = by_name(row.name)
    home = "acl_api.c" if row.family == "c" else row.family.replace("acl", "acl_api", 1)
    assert function.__module__ == home
    assert function.__name__ == (row.c_name if row.family == "c" else row.short)
    described = function.__doc__ or ""
    assert row.says in described
    assert all(str(code) in described for code in row.codes)


def test_functions_can_be_pickled_by_name():
    assert pickle.loads(pickle.dumps(rt.launch_callback)) is rt.launch_callback  # noqa: S301 - our own bytes


# -- shapes


@pytest.mark.shows("p11")
def test_pure_actions_give_a_code_and_makers_a_value_and_a_code(session):
    assert acl.init() == 0
    assert rt.set_device(0) == 0
    stream, code = rt.create_stream()
    assert (type(stream), code) == (int, 0)
    assert rt.stream_query(stream) == (0, 0)
    assert len(acl.get_version()) == 4
    assert len(rt.get_primary_ctx_state(0)) == 3
    assert len(rt.device_get_stream_priority_range()) == 3
    assert session.trace is not None


@pytest.mark.shows("p12")
def test_bare_functions_give_their_value_alone(session):
    assert acl.get_soc_name() == session.profile.soc_name
    buffer = acl.create_data_buffer(0, 16)
    dataset = mdl.create_dataset()
    assert type(buffer) is type(dataset) is int
    assert mdl.get_dataset_num_buffers(dataset) == 0
    assert mdl.add_dataset_buffer(dataset, buffer) == (dataset, 0)
    assert mdl.get_dataset_num_buffers(dataset) == 1
    assert mdl.get_dataset_num_buffers(FORGED) == 0
    assert mdl.destroy_dataset(dataset) == 0
    assert acl.destroy_data_buffer(buffer) == 0


MAKERS = {
    "create_stream": rt.create_stream,
    "create_stream_with_config": lambda: rt.create_stream_with_config(0, 0),
    "create_event": rt.create_event,
    "create_event_with_flag": lambda: rt.create_event_with_flag(1),
    "create_event_ex_with_flag": lambda: rt.create_event_ex_with_flag(1),
    "create_context": lambda: rt.create_context(99),
    "malloc": lambda: rt.malloc(64, 0),
    "malloc_host": lambda: rt.malloc_host(0),
    "get_context": rt.get_context,
    "load_from_file": lambda: mdl.load_from_file("absent.om"),
}


@pytest.mark.shows("p15")
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_maker_that_fails_gives_0_and_never_none(session, make):
    handle, code = make()
    assert (handle, code != 0) == (0, True)
    assert session.profile.key == "Ascend910B"


@pytest.mark.shows("i6")
def test_the_last_error_is_the_runtimes_and_get_forgets_it_while_peek_does_not(session):
    assert rt.get_device() == (0, 107002)
    assert rt.peek_at_last_error(0) == 107002
    assert rt.peek_at_last_error(0) == 107002
    assert rt.malloc(0, 0) == (0, 100000)  # the ACL layer's: not remembered
    assert rt.get_last_error(0) == 107002
    assert rt.get_last_error(0) == 0
    assert rt.get_last_error(1) == 100000
    assert session.trace is not None


# -- handles of any origin

HANDLES = {
    Ref.STREAM,
    Ref.EVENT,
    Ref.NOTIFY,
    Ref.CONTEXT,
    Ref.MODEL,
    Ref.DATASET,
    Ref.BUFFER,
    Ref.DESC,
    Ref.TENSOR,
}
# Single operators look at their tensors, and for the operator, before their stream: test_operators.py.
OPERATORS = {"acl.op", "acl.blas"}
TAKING_HANDLES = [
    pytest.param(row, at, id=f"{row.name}-{param.name}")
    for row in ROWS.values()
    for at, param in enumerate(row.params)
    if param.refers in HANDLES and row.family not in OPERATORS
    if not row.op.startswith("allocator_")  # which do not look at streams
]
# Rules g10 and g11; the ACL layer's own objects are bad parameters; the graph engine has its own number.
CODES = {
    ("acl.rt.destroy_context", "context"): 107002,
    ("acl.rt.set_context", "context"): 107000,
    ("acl.prof.mark_ex", "stream"): -1,
    ("acl.prof.get_step_timestamp", "stream"): 500002,
    **{(row.name, "model_id"): 145003 for row in ROWS.values()},
    **{
        (f"acl.prof.model_{name}", "model_id"): 100011
        for name in ("subscribe", "unsubscribe", "un_subscribe")
    },
    **{
        (row.name, name): 100000
        for row in ROWS.values()
        for name in ("dataset", "data_buffer", "buf", "input", "output", "desc", "tensor_desc", "src_desc")
    },
}


class Things:
    """One live thing of each kind, and one that is gone."""

    def __init__(self) -> None:
        assert rt.set_device(0) == 0
        home, _ = rt.get_context()
        self.live: dict[Ref, int] = {
            Ref.STREAM: rt.create_stream()[0],
            Ref.EVENT: rt.create_event_with_flag(9)[0],
            Ref.NOTIFY: rt.create_notify(0)[0],
            Ref.CONTEXT: rt.create_context(0)[0],
            Ref.MODEL: mdl.load_from_file("net.om")[0],
            Ref.DATASET: mdl.create_dataset(),
            Ref.BUFFER: acl.create_data_buffer(0, 16),
            Ref.DESC: mdl.create_desc(),
            Ref.TENSOR: acl.create_tensor_desc(0, [1], 2),
        }
        self.gone = {
            Ref.STREAM: rt.create_stream()[0],
            Ref.EVENT: rt.create_event()[0],
            Ref.NOTIFY: rt.create_notify(0)[0],
            Ref.CONTEXT: rt.create_context(0)[0],
            Ref.MODEL: mdl.load_from_file("net.om")[0],
            Ref.DATASET: mdl.create_dataset(),
            Ref.BUFFER: acl.create_data_buffer(0, 16),
            Ref.DESC: mdl.create_desc(),
            Ref.TENSOR: acl.create_tensor_desc(0, [1], 2),
        }
        assert mdl.unload(self.gone[Ref.MODEL]) == 0
        assert rt.set_context(self.live[Ref.CONTEXT]) == 0
        assert rt.destroy_stream(self.gone[Ref.STREAM]) == 0
        assert mdl.destroy_dataset(self.gone[Ref.DATASET]) == 0
        assert acl.destroy_data_buffer(self.gone[Ref.BUFFER]) == 0
        assert mdl.destroy_desc(self.gone[Ref.DESC]) == 0
        acl.destroy_tensor_desc(self.gone[Ref.TENSOR])
        assert rt.destroy_event(self.gone[Ref.EVENT]) == 0
        assert rt.destroy_notify(self.gone[Ref.NOTIFY]) == 0
        assert rt.destroy_context(self.gone[Ref.CONTEXT]) == 0
        assert rt.set_context(home) == 0
        self.memory = rt.malloc(64, 0)[0]
        mdl.add_dataset_buffer(self.live[Ref.DATASET], self.live[Ref.BUFFER])

    def argument(self, row: Row, param: Param) -> Any:
        if param.refers is Ref.HANDLE:
            return made(row, param)
        if param.name == "index" and "aipp" in row.op:
            return 0
        if param.reads is not None and param.unit == "O" and param.annotation in SAMPLES:
            return {"pids": [1]}.get(param.name, SAMPLES[param.annotation])
        if param.refers in self.live:
            return self.live[param.refers]
        return self.plain(param)

    def plain(self, param: Param) -> Any:
        """A function, an address, a text or a number."""
        if param.refers is Ref.PATH:
            return "net.om"
        if param.unit == "s":
            return "x"
        if param.refers is Ref.FUNCTION:
            return print
        if param.refers is Ref.MEMORY:
            return self.memory
        if param.annotation.startswith("dict"):
            return {}
        # A kind, a count, a timeout, a thread's id …: 1 is right for most of them.
        return RIGHT_NUMBERS.get((param.name, param.unit), RIGHT_NUMBERS.get(param.name, 1))


# Rows that ask for all inputs want -1 for the index; some timeouts stand with a flag that allows none.
RIGHT_NUMBERS: dict[object, int] = {
    "attr": 2,
    "count": 32,
    "dest_max": 64,
    "index": ALL_INPUTS,
    "len": 65,
    "max_count": 64,
    "output_size": 64,
    "reserve": 0,
    ("timeout", "I"): 0,
}


def foreign(things: Things, param: Param) -> int:
    other = Ref.EVENT if param.refers is not Ref.EVENT else Ref.STREAM
    return things.live[other]


@pytest.mark.shows("0.3")
@pytest.mark.parametrize("origin", ["forged", "stale", "foreign"])
@pytest.mark.parametrize(("row", "at"), TAKING_HANDLES)
def test_a_handle_that_is_forged_stale_or_foreign_gives_a_code_and_a_finding(session, row, at, origin):
    things, param = Things(), row.params[at]
    bad = {"forged": FORGED, "stale": things.gone[param.refers], "foreign": foreign(things, param)}[origin]
    makers = {it.name: RIGHT[row.op, it.name] for it in row.params if (row.op, it.name) in RIGHT}
    right = [makers[it.name]() if it.name in makers else things.argument(row, it) for it in row.params]
    arguments = [bad if place == at else value for place, value in enumerate(right)]
    before = len(session.trace)
    result = by_name(row.name)(*arguments)
    code = result[-1] if isinstance(result, tuple) else result
    if row.bare:
        assert result == row.failed[0]
    else:
        assert code == CODES.get((row.name, param.name), FAULT)
    findings = [record for record in list(session.trace)[before:] if isinstance(record, Noted)]
    # A model id is a small number and no handle: one that never was loaded is forged.
    wanted = "forged" if param.refers is Ref.MODEL and origin == "foreign" else origin
    assert [note.finding for note in findings] == [f"{wanted}-handle"]


@pytest.mark.parametrize("number", [1, 2**63, 2**64 - 1, 0x1_2000_0001, 0x1_2000_0080])
def test_numbers_near_a_handle_are_forged(session, number):
    rt.set_device(0)
    assert rt.synchronize_stream(number) == FAULT
    assert session.trace.of(Noted)[-1].finding == "forged-handle"


# -- stubs


@pytest.mark.parametrize("module", stubs.MODULES)
def test_the_committed_stub_is_the_one_the_table_gives(module):
    path = stubs.FOLDER / f"{module}.pyi"
    assert path.read_text("utf-8") == stubs.render(module), "stale: run `python -m acl_api.stubs`"


def test_check_tells_and_writes_nothing_when_a_stub_is_stale(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stubs, "FOLDER", tmp_path)
    assert stubs.main(["--check"]) == 1
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out.count("is stale") == len(stubs.MODULES)
    assert stubs.main([]) == 0
    assert stubs.main(["--check"]) == 0
    (tmp_path / "rt.pyi").write_text("")
    assert stubs.main(["--check"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("rt.pyi is stale")


@cache
def declared(module: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(stubs.render(module))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


@each_row(SURFACE.values())
def test_a_stub_declares_every_function_with_positional_parameters_only(row):
    places = [("c", row.c_name)] if row.in_c and row.status is not Status.NOT_MODELLED else []
    if row.family != "c":
        home = row.family.rsplit(".", 1)[-1]
        places.append(("__init__" if home == "acl" else home, row.short))
    for place, name in places:
        function = declared(place)[name]
        assert [argument.arg for argument in function.args.posonlyargs] == [
            param.name for param in row.params
        ]
        assert function.args.args == function.args.kwonlyargs == []


def test_a_stub_gives_the_types_of_parameters_and_results():
    stub = {name: ast.unparse(node) for name, node in declared("rt").items()}
    assert (
        "(priority: SupportsIndex, flag: SupportsIndex, /) -> tuple[int, int]"
        in stub["create_stream_with_config"]
    )
    assert "(start: int, end: int, /) -> tuple[float, int]" in stub["event_elapsed_time"]
    assert "fn: Callable[[_Data], object], user_data_list: _Data" in stub["launch_callback"]
    assert "-> str" in ast.unparse(declared("__init__")["get_soc_name"])
    assert "stream: int | None" in ast.unparse(declared("c")["aclrtSynchronizeStream"])


def test_the_packages_stub_names_what_the_package_offers():
    tree = ast.parse(stubs.render("__init__"))
    names = {
        alias.asname
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert names | set(declared("__init__")) == set(dir(acl))
