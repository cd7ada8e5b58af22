"""The plugin for pytest, as suites use it: each test here runs a small suite of its own."""

from __future__ import annotations

import re

import pytest

from acl_api.session import current
from simulator.app.kit.marked import Marked
from simulator.app.mutants.environment import apply_from_environment
from simulator.explore.tokens import decode

# Loaded before suites run in this process: pytest forgets what they import.
LOADED = (Marked, apply_from_environment)
pytest_plugins = "pytester"

PROGRAM = """
import threading
import pytest

def program(acl, block):
    ran, stop = [], []

    def report():
        while not stop:
            acl.rt.process_report(10)

    acl.rt.set_device(0)
    reporter = threading.Thread(target=report)
    reporter.start()
    stream, _ = acl.rt.create_stream()
    acl.rt.subscribe_report(reporter.ident, stream)
    acl.rt.launch_callback(ran.append, 1, block, stream)
    acl.rt.synchronize_stream(stream)
    try:
        assert ran == [1]
    finally:
        stop.append(1)
        reporter.join()

def hang(acl):
    acl.rt.set_device(0)
    stream, _ = acl.rt.create_stream()
    acl.rt.subscribe_report(1, stream)
    acl.rt.launch_callback(print, None, 1, stream)
    acl.rt.synchronize_stream(stream)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester):
    """Run tests that may use `program` and `hang`; the order of the file is the order of the tests."""

    def run(tests: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(PROGRAM + tests)
        return pytester.runpytest_inprocess("-p", "no:randomly", *options)

    return run


def test_each_test_has_a_machine_of_its_own(suite, monkeypatch):
    monkeypatch.setattr(current, "session", None)  # whatever a test before this one left open
    result = suite("""
@pytest.mark.parametrize("again", [1, 2])
def test_streams(acl, aclsim_session, again):
    acl.rt.set_device(0)
    acl.rt.create_stream()
    assert [name for name in (str(s) for s in aclsim_session.runtime.devices[0].primary.streams)]
    assert len(aclsim_session.runtime.devices[0].primary.streams) == 2

def test_threads(acl):
    program(acl, 1)

@pytest.mark.aclsim(profile="Ascend310P", devices=2, faults="call:synchronize_stream#1=507014")
def test_machine(acl):
    acl.rt.set_device(1)
    assert acl.get_soc_name().startswith("Ascend310P")
    assert acl.rt.synchronize_stream(0) == 507014
    assert acl.rt.set_device(2) == 107001

def test_of_somebody_else():
    import acl_api.session
    assert acl_api.session.current_session() is None
""")
    result.assert_outcomes(passed=5)


def test_a_hang_fails_with_its_chain_and_without_our_own_frames(suite):
    result = suite("""
def test_hang(acl):
    hang(acl)

def test_thread_that_hangs(acl):
    reporter = threading.Thread(target=hang, args=(acl,))
    reporter.start()
""")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["deadlock: *", "The head of stream stream-0.1 is the blocking callback print*"]
    )
    result.stdout.no_fnmatch_line("*scheduler*")


def test_an_explored_test_fails_with_deviations_and_a_token_that_replays_it(suite):
    failed = suite("""
@pytest.mark.aclsim(explore=50)
def test_race(acl):
    program(acl, 0)

def test_other(acl):
    pass
""")
    failed.assert_outcomes(failed=1, passed=1)
    text = failed.stdout.str()
    assert "AssertionError" in text
    assert "1 deviation from the friendly order" in text
    found = re.search(r"pytest (\S+) --aclsim-replay=(\S+)", text)
    assert found is not None
    token = decode(found[2])
    assert (token.kind, len(token.deviations)) == ("test", 1)
    again = suite(
        """
@pytest.mark.aclsim(explore=50)
def test_race(acl):
    program(acl, 0)

def test_other(acl):
    pass
""",
        f"--aclsim-replay={found[2]}",
    )
    again.assert_outcomes(failed=1, deselected=1)
    again.stdout.fnmatch_lines(["*in the order of the token*"])


def test_an_explored_test_that_passes_says_what_that_proves(suite):
    result = suite("""
@pytest.mark.aclsim(explore=True, deviations=1)
def test_block(acl):
    program(acl, 1)

@pytest.mark.aclsim(explore=3)
def test_few(acl):
    program(acl, 1)
""")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "*test_block: holds: no failure in all orders with at most 1 deviation*",
            "*test_few: inconclusive: no failure, but the budget of 3 runs was used up",
        ]
    )


def test_on_greenlets_and_in_several_processes_it_is_the_same(suite):
    tests = """
def started(acl, block):
    ran = []
    acl.rt.set_device(0)
    stream, _ = acl.rt.create_stream()

    def report(arguments):
        while not ran:
            acl.rt.process_report(10)

    reporter, _ = acl.util.start_thread(report, [])
    acl.rt.subscribe_report(reporter, stream)
    acl.rt.launch_callback(ran.append, 1, block, stream)
    acl.rt.synchronize_stream(stream)
    assert ran == [1]
    acl.util.stop_thread(reporter)

@pytest.mark.aclsim(explore=200, host="greenlets")
@pytest.mark.parametrize("block", [0, 1])
def test_greenlets(acl, block):
    started(acl, block)

@pytest.mark.aclsim(explore=200, jobs=2)
@pytest.mark.parametrize("block", [0, 1])
def test_processes(acl, block):
    started(acl, block)

@pytest.mark.aclsim(explore=True)
def test_skipped(acl):
    pytest.skip("not here")
"""
    result = suite(tests)
    result.assert_outcomes(passed=2, failed=2, skipped=1)
    result.stdout.fnmatch_lines(["*test_greenlets[[]1]: holds: *", "*test_processes[[]1]: holds: *"])
    # Where pytest knows that nobody watches (CI), its summary has the whole text once more.
    tokens = dict.fromkeys(re.findall(r"^token: (\S+)", result.stdout.str(), re.MULTILINE))
    assert [len(decode(token).deviations) for token in tokens] == [1, 1]


def test_a_seed_is_an_order_and_the_command_line_overrules_the_mark(suite):
    tests = """
@pytest.mark.aclsim(seed=1)
def test_order(acl, aclsim_session):
    program(acl, 1)
    assert "Seeded(5)" not in repr(aclsim_session.kernel.chooser)
"""
    suite(tests).assert_outcomes(passed=1)
    result = suite(tests, "--aclsim-seed=5")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["in the order of seed 5", "to run it again: pytest *test_order* --aclsim-replay=acl1.*"]
    )


def test_fixtures_may_use_the_machine_and_clean_up_before_the_run_is_judged(suite):
    suite("""
@pytest.fixture
def reporter(acl):
    stop = []
    acl.rt.set_device(0)

    def report():
        while not stop:
            acl.rt.process_report(10)

    thread = threading.Thread(target=report)
    thread.start()
    yield thread
    stop.append(1)
    thread.join()

def test_callback(acl, reporter):
    ran = []
    stream, _ = acl.rt.create_stream()
    acl.rt.subscribe_report(reporter.ident, stream)
    acl.rt.launch_callback(ran.append, 1, 1, stream)
    acl.rt.synchronize_stream(stream)
    assert ran == [1]
""").assert_outcomes(passed=1)


def test_a_fixture_of_an_explored_test_that_calls_is_told_why_it_cannot(suite):
    result = suite("""
@pytest.fixture
def device(acl):
    acl.rt.set_device(0)

@pytest.mark.aclsim(explore=3)
def test_device(device):
    pass
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*RuntimeError: acl.rt.set_device: a test that is explored runs many times*"]
    )


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        ("explor=3", "aclsim has no argument 'explor': did you mean explore?"),
        ("3", "aclsim takes its arguments by name, as in aclsim(explore=3)"),
        ("host='free'", "aclsim(host='free'): a test runs on 'baton' or 'greenlets'"),
        ("explore=-1", "aclsim(explore=-1): True, False, or how many orders at most"),
        ("profile='Ascend1'", "*Ascend1*"),
        ("faults='report.los'", "*report.los*"),
        ("explore=2, strategy='best'", "*best*"),
    ],
)
def test_a_mark_that_cannot_be_is_refused_in_a_sentence(suite, mark: str, says: str):
    result = suite(f"""
@pytest.mark.aclsim({mark})
def test_it(acl):
    pass
""")
    outcomes = result.parseoutcomes()
    assert outcomes.get("errors", 0) + outcomes.get("failed", 0) == 1
    result.stdout.fnmatch_lines([says.replace("[", "[[]")])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_strict_tests_fail_by_warnings(suite):
    tests = """
@pytest.mark.aclsim(strict={strict})
def test_leak(acl):
    acl.rt.set_device(0)
    acl.rt.create_stream()
    acl.rt.launch_callback(print, None, 1, 0)
"""
    suite(tests.format(strict=False)).assert_outcomes(passed=1)
    result = suite(tests.format(strict=True))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["finding: *"])


def test_a_mutant_of_the_environment_reaches_the_suite(suite, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulator.app.mutants.environment.apply_from_environment", lambda: applied.append(1))
    applied: list[int] = []
    suite("def test_nothing(): pass")
    assert applied == []
    monkeypatch.setenv("ACLSIM_MUTANT", "lifo-reports")
    suite("def test_nothing(): pass")
    assert applied == [1]


def test_import_acl_finds_the_simulator_on_request(pytester: pytest.Pytester):
    pytester.makeini("[pytest]\naclsim_acl = true")
    pytester.makepyfile("""
import acl

def test_stream(acl_session=None):
    assert acl.__aclsim__
""")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.slow
def test_workers_of_xdist_say_the_same(suite, pytester: pytest.Pytester):
    suite(
        """
@pytest.mark.aclsim(explore=50)
@pytest.mark.parametrize("number", range(3))
def test_race(acl, number):
    program(acl, 0)
""",
        "--co",
    )
    result = pytester.runpytest_subprocess("-n", "2")
    result.assert_outcomes(failed=3)
    tokens = re.findall(r"^token: (\S+)", result.stdout.str(), re.MULTILINE)
    assert {decode(token).deviations for token in tokens} == {decode(tokens[0]).deviations}
