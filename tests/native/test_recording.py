"""Record on the library, check at home: right runs pass, and libraries that are wrong are caught by their history."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.app.mutants.catalogue import find_mutant
from tests.native.launching import PROGRAMS, Launcher

BUSY = str(Path(__file__).with_name("busy.py"))
RIGHT = sorted(file.name for file in PROGRAMS.glob("*.py"))
# Mistakes that a history shows, the product that shows them, and what is said.
CAUGHT = {
    "reports-doubled": ("Ascend910B", "O5: callback quick", "ran twice"),
    "callbacks-run-twice": ("Ascend910B", "O5: callback", "ran twice"),
    "lifo-reports": ("Ascend910B", "O5: callback", "ran before"),
    "anybody-runs-callbacks": ("Ascend910B", "O5: callback", "was subscribed when it was launched"),
    "block-does-not-hold-on-stars": ("Ascend910B", "O", "the blocking callback slow"),
    "block-does-not-hold": ("Ascend910", "O", "the blocking callback slow"),
    "query-always-complete": ("Ascend910", "O7: stream_query", "came back in main before"),
    "record-runs-early": ("Ascend910B", "O", "the blocking callback slow"),
    "report-timeout-is-success": ("Ascend910B", "rule c4: process_report", "had run no callback"),
}


def recorded(launch: Launcher, program: str, **variables: str) -> None:
    ended = launch.aclsim("exec", "--record", "run.trace", program, **variables)
    assert ended.code == 0, ended.err


def test_a_right_history_passes_the_check(launch):
    recorded(launch, BUSY)
    checked = launch.plainly("check", "run.trace")
    assert checked.code == 0, checked.err
    assert f"busy.py on {launch.library}/libascendcl.so loads" in checked.out


@pytest.mark.slow
@pytest.mark.parametrize("program", RIGHT)
def test_the_programs_run_on_the_library_and_their_histories_are_clean(launch, program):
    recorded(launch, str(PROGRAMS / program))
    checked = launch.plainly("check", "run.trace")
    assert checked.code == 0, checked.err


def caught(launch: Launcher, mutant: str) -> None:
    soc, guarantee, said = CAUGHT[mutant]
    recorded(launch, BUSY, ACLSIM_MUTANT=mutant, ACLSIM_SOC=soc)
    checked = launch.plainly("check", "run.trace")
    assert checked.code == 1, checked.out
    first = next(line for line in checked.err.splitlines() if line.startswith("failed: "))
    assert first.startswith(f"failed: {guarantee}")
    assert any(said in line for line in checked.err.splitlines())


def test_a_callback_that_runs_twice_is_caught(launch):
    caught(launch, "reports-doubled")


@pytest.mark.slow
@pytest.mark.parametrize("mutant", CAUGHT)
def test_every_mistake_that_a_history_shows_is_caught(launch, mutant):
    find_mutant(mutant)
    caught(launch, mutant)


def test_callbacks_that_raise_do_not_make_a_wrong_history(launch):
    """The call comes back by an exception: its poll is in the history all the same."""
    (launch.folder / "raises.py").write_text(
        """\
import acl, threading
acl.init(); acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
acl.rt.subscribe_report(threading.get_ident(), stream)
def fails(_): raise ValueError("mine")
for _ in range(3):
    acl.rt.launch_callback(fails, None, 1, stream)
    try:
        acl.rt.process_report(1000)
    except SystemError:
        pass
acl.rt.synchronize_stream(stream)
acl.rt.reset_device(0)
acl.finalize()
""",
        "utf-8",
    )
    recorded(launch, "raises.py")
    assert launch.plainly("check", "run.trace").code == 0
