"""The plugin for pytest: a fresh simulated machine per test, and tests that run in many orders.

pytest loads it in every suite where the package is installed: nothing but the standard library and pytest is
imported before a test asks for something.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from _pytest.terminal import TerminalReporter

    from simulator.app.kit.marked import Marked

_MARK = "aclsim"
_FIXTURE = "aclsim_session"
_PROOF = "aclsim explored"
_MARKED: pytest.StashKey[Marked] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the setting."""
    group = parser.getgroup(_MARK, "simulated Ascend runtime")
    group.addoption(
        "--aclsim-seed", type=int, metavar="N", help="order in which tests with 'aclsim' run once"
    )
    group.addoption(
        "--aclsim-replay", metavar="TOKEN", help="run the test of a token in its order, and no other"
    )
    parser.addini(
        "aclsim_acl", "let 'import acl' find the simulator in this suite", type="bool", default=False
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark; make the process wrong when `aclsim mutants` asks for it."""
    config.addinivalue_line(
        "markers", "aclsim(explore, profile, seed, faults, timing, strict, …): run on a machine of its own"
    )
    if "ACLSIM_MUTANT" in os.environ or "ACLSIM_MUTANT_SEEN" in os.environ:
        from simulator.app.mutants.environment import apply_from_environment

        apply_from_environment()
    if config.getini("aclsim_acl"):
        from acl_api.surface import install

        install()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a test with the mark have the session, also when it does not name it."""
    if (
        isinstance(item, pytest.Function)
        and item.get_closest_marker(_MARK)
        and _FIXTURE not in item.fixturenames
    ):
        item.fixturenames.insert(0, _FIXTURE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With a token to replay, leave only its test."""
    word = config.getoption("--aclsim-replay")
    if word is not None:
        from simulator.app.kit.replayed import test_of

        name = test_of(word)
        left = [item for item in items if item.nodeid == name]
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid != name])
        items[:] = left


@pytest.fixture
def aclsim_session(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The session of this test: a machine of its own, in which the test is thread main."""
    from simulator.app.kit.marked import Marked

    config = request.config
    marked = Marked(request.node, config.getoption("--aclsim-seed"), config.getoption("--aclsim-replay"))
    request.node.stash[_MARKED] = marked
    with marked.opened() as session:
        yield session


@pytest.fixture
def acl(aclsim_session: object) -> ModuleType:
    """The surface, as `import acl_api as acl`, on a fresh machine."""
    del aclsim_session  # it is open
    import acl_api

    return acl_api


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object:
    """Run the body of a test with a session: once, and judge the run, or in many orders."""
    marked = pyfuncitem.stash.get(_MARKED, None)
    if marked is None:
        return None
    names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 - as pytest itself calls the function
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    proof = marked.run(lambda: pyfuncitem.obj(**arguments))
    if proof is not None:
        pyfuncitem.user_properties.append((_PROOF, proof))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],  # noqa: ARG001 - pytest's signature
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say below a failure in which order it came about."""
    report = yield
    marked = item.stash.get(_MARKED, None)
    if marked is not None and report.failed and marked.order is not None:
        report.sections.append((_MARK, marked.order))
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say what exploring has shown; a pass that proves nothing is not passed over."""
    proofs = [
        (report.nodeid, text)
        for report in terminalreporter.stats.get("passed", ())
        for name, text in report.user_properties
        if name == _PROOF and report.when == "call"
    ]
    if proofs:
        terminalreporter.section("explored by aclsim")
        for nodeid, text in proofs:
            terminalreporter.line(f"{nodeid}: {text}")
