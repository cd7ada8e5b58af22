"""Wrong command lines and files: exit code 2, one message, nothing on stdout, no file touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulator.app.cli import main

pytestmark = pytest.mark.usefixtures("folder")

GOOD = "schema_version: 1\ntitle: nothing\nthreads:\n  main: [init]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("ACLSIM_SEED", "ACLSIM_SOC", "ACLSIM_DEVICES", "ACLSIM_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "good.yaml").write_text(GOOD, "utf-8")
    return tmp_path


def refused(*args: str) -> str:
    """Run the command, which must refuse, and return what it says."""
    result: Result = CliRunner().invoke(main, args)
    assert (result.exit_code, result.stdout) == (2, "")
    last = result.stderr.splitlines()[-1]
    assert last.startswith("aclsim: error: ")
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD.replace("init", "inti"), "bad.yaml:4:10: unknown step 'inti'; did you mean 'init'?"),
        (GOOD.replace("[init]", "[{sleep: 3}]"), "bad.yaml:4:18: duration 3 has no unit"),
        ("", "bad.yaml: the file is empty"),
        ("\0\1\2", "bad.yaml: this is a binary file"),
        ("a: [", "bad.yaml:1:5: this is not valid YAML"),
        ("- init\n", "a scenario is a mapping"),
    ],
    ids=["unknown step", "no unit", "empty", "binary", "no YAML", "a list"],
)
def test_a_wrong_file_is_told_with_its_place(folder: Path, content, message):
    (folder / "bad.yaml").write_text(content, "utf-8")
    said = refused("run", "bad.yaml")
    assert message in said
    assert len(said.splitlines()) == 1


def test_a_missing_file_and_a_folder_are_told():
    assert "nope.yaml: there is no such file" in refused("run", "nope.yaml")
    assert "this is a folder" in refused("run", ".")


def test_a_huge_file_is_refused_before_it_is_read(folder: Path):
    with (folder / "huge.yaml").open("wb") as file:
        file.truncate(100 << 20)
    assert "104,857,600 bytes" in refused("run", "huge.yaml")


def test_all_mistakes_of_all_files_are_told_and_nothing_is_run(folder: Path):
    (folder / "bad.yaml").write_text(GOOD.replace("init", "inti, {sleep: 3}"), "utf-8")
    said = refused("run", "good.yaml", "bad.yaml", "nope.yaml").splitlines()
    assert len(said) == 4
    assert said[-1] == "aclsim: error: 3 mistakes; nothing was run"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--sede", "3"], "--seed"),
        (["--seed", "x"], "'x' is not a valid integer"),
        (["--devices", "0"], "0 is not in the range"),
        (["--devices", "65"], "a machine has 1 to 64 devices"),
        (["--soc", "Ascend911"], "did you mean Ascend910"),
        (["--costs", "free"], "costs is 'free'"),
        (["--stall-after", "3"], "has no unit"),
        (["--backend", "gpu"], "'gpu' is not one of"),
        (["--quiet", "--verbose"], "exclude each other"),
        (["good.yaml", "--trace", "t.json"], "name only one"),
        (["--trace", "good.yaml"], "would overwrite the scenario"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_option_is_told_with_the_remedy(folder: Path, args, message):
    assert message in refused("run", "good.yaml", *args)
    assert [path.name for path in folder.iterdir()] == ["good.yaml"]


def test_a_wrong_variable_is_told_by_its_name(monkeypatch):
    monkeypatch.setenv("ACLSIM_SEED", "soon")
    assert "ACLSIM_SEED" in refused("run", "good.yaml")


def test_a_wrong_soc_in_a_file_is_told_with_the_file(folder: Path):
    (folder / "bad.yaml").write_text(f"{GOOD}soc: Ascend911\n", "utf-8")
    assert "bad.yaml" in refused("run", "bad.yaml")


@pytest.mark.parametrize("option", ["--trace", "--choices", "--json"])
def test_a_target_that_cannot_be_written_is_refused_before_the_run(folder: Path, option):
    assert "does not exist; make it first" in refused("run", "good.yaml", option, "no/such/t.json")
    (folder / "dir.json").mkdir()
    assert "not a regular file" in refused("run", "good.yaml", option, "dir.json")


@pytest.mark.parametrize("option", ["--choices", "--json"])
def test_a_file_that_we_did_not_write_is_never_replaced(folder: Path, option):
    precious = folder / "precious.json"
    precious.write_text('{"mine": 1}', "utf-8")
    assert "leaves it alone" in refused("run", "good.yaml", option, "precious.json")
    assert precious.read_text("utf-8") == '{"mine": 1}'


def test_two_outputs_need_two_files():
    said = refused("run", "good.yaml", "--json=a.json", "--trace", "a.json")
    assert "would overwrite what --trace writes" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1, 2", "this is not JSON"),
        ('{"a": 1}', "no list of choices"),
        ("[[1, 2]]", "choice 1 is not"),
        ('[["thread", "main", 2, true]]', "choice 1 is not"),
        ("[" * 100_000, "this is not JSON"),
    ],
    ids=["cut off", "no list", "short record", "wrong type", "deep"],
)
def test_a_wrong_list_of_choices_is_told(folder: Path, content, message):
    (folder / "c.json").write_text(content, "utf-8")
    assert message in refused("run", "good.yaml", "--replay", "c.json")


def test_a_missing_list_of_choices_is_told():
    assert "there is no such file" in refused("run", "good.yaml", "--replay", "c.json")


def test_an_unknown_command_and_no_command_are_told():
    assert "No such command 'nope'" in refused("nope")
    assert "name a command" in refused()
