"""Sessions: which simulated machine stands behind the surface, and how it is chosen."""

from __future__ import annotations

import threading

import pytest

import acl_api as acl
from acl_api.session import current, current_session
from simulator.base.errors import UserError
from simulator.base.trace import TaskDropped


@pytest.fixture(autouse=True)
def nothing_is_left_behind(monkeypatch):
    """Put back whatever session was current, so that no test sees another one's machine."""
    before = current.calls, current.session
    for name in ("ACLSIM_BACKEND", "ACLSIM_SOC", "ACLSIM_DEVICES", "ACLSIM_SEED"):
        monkeypatch.delenv(name, raising=False)
    yield
    current.calls, current.session = before


def fresh_process() -> None:
    """Make the surface as it is before the first call of a program."""
    from acl_api.session import _OpensDefault

    current.calls, current.session = _OpensDefault(), None


def test_the_first_call_opens_a_default_session_of_eight_devices() -> None:
    fresh_process()
    assert current_session() is None
    assert acl.rt.get_device_count() == (8, 0)
    assert acl.get_soc_name() == "Ascend910B3"


def test_the_environment_configures_the_default_session(monkeypatch) -> None:
    monkeypatch.setenv("ACLSIM_SOC", "310P")
    monkeypatch.setenv("ACLSIM_DEVICES", "2")
    fresh_process()
    assert acl.rt.get_device_count() == (2, 0)
    assert acl.get_soc_name() == "Ascend310P3"


@pytest.mark.parametrize("devices", ["none", "-1", "0", "65", "1.5", "²"])
def test_a_wrong_number_of_devices_is_refused_with_the_range(monkeypatch, devices) -> None:
    monkeypatch.setenv("ACLSIM_DEVICES", devices)
    fresh_process()
    with pytest.raises(UserError, match="1 to 64"):
        acl.init()


def test_a_seed_in_the_environment_chooses_another_order(monkeypatch) -> None:
    monkeypatch.setenv("ACLSIM_SEED", "7")
    fresh_process()
    assert acl.init() == 0
    session = current_session()
    assert session is not None
    assert repr(session.kernel.chooser) == "Seeded(7)"


def test_a_seed_that_is_no_number_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("ACLSIM_SEED", "lucky")
    fresh_process()
    with pytest.raises(UserError, match="whole number"):
        acl.init()


def test_the_backend_ascend_is_refused_and_never_falls_back(monkeypatch) -> None:
    monkeypatch.setenv("ACLSIM_BACKEND", "ascend")
    fresh_process()
    with pytest.raises(UserError, match=r"there is no libascendcl\.so"):
        acl.init()
    assert current_session() is None


def test_an_unknown_backend_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="simulator, ascend, auto"):
        acl.use_backend("cuda")


def test_auto_takes_the_simulator_and_says_so(capsys) -> None:
    acl.use_backend("auto")
    assert "backend auto: took simulator (there is no libascendcl.so" in capsys.readouterr().err
    assert acl.init() == 0


def test_using_a_backend_again_gives_a_fresh_machine() -> None:
    acl.use_backend("simulator")
    assert acl.init() == 0
    acl.use_backend("simulator")
    assert acl.init() == 0


def test_sessions_nest_and_give_the_outer_one_back() -> None:
    with acl.Session(devices=2) as outer:
        with acl.Session(devices=3):
            assert acl.rt.get_device_count() == (3, 0)
        assert acl.rt.get_device_count() == (2, 0)
        assert current_session() is outer


def test_an_exception_inside_a_session_gives_the_outer_one_back_too() -> None:
    with acl.Session(devices=2) as outer:
        with pytest.raises(ZeroDivisionError), acl.Session():
            _ = 1 / 0
        assert current_session() is outer


def test_closing_records_what_will_never_run_once() -> None:
    with acl.Session() as session:
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        acl.rt.subscribe_report(1, stream)
        acl.rt.launch_callback(print, None, 0, stream)
    session.close()
    assert session.trace is not None
    assert [record.kind for record in session.trace.of(TaskDropped)] == ["callback"]


def test_another_os_thread_is_told_that_it_cannot_call_yet() -> None:
    answers: list[object] = []

    def call() -> None:
        try:
            answers.append(acl.rt.get_device_count())
        except UserError as error:
            answers.append(str(error))

    with acl.Session():
        assert acl.init() == 0
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    assert "session.host.thread()" in str(answers[0])


@pytest.mark.parametrize(("keyword", "value"), [("soc", "Ascend777"), ("devices", 0), ("costs", "cheap")])
def test_a_wrong_option_of_a_session_is_a_user_error(keyword, value) -> None:
    with pytest.raises(UserError, match=str(value)):
        acl.Session(**{keyword: value})
