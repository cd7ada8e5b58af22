"""Wrong files: one clear message each, with the place and the fix; nothing runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simulator.base.errors import UserError
from simulator.scenario.load import load_scenario, parse_scenario

GOOD = """\
schema_version: 1
title: one callback
callbacks:
  post: {takes: 1ms}
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - start_thread: reporter
    - subscribe_report: {thread: reporter, stream: s}
    - launch_callback: {fn: post, block: true, stream: s}
    - synchronize_stream: {stream: s}
    - set_flag: done
  reporter:
    - until: done
      steps:
        - process_report: {timeout: 100ms}
"""


def refused(text: str, file: str = "file.yaml") -> str:
    with pytest.raises(UserError) as caught:
        parse_scenario(text, file)
    return str(caught.value)


def refused_file(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_scenario(path)
    return str(caught.value)


def test_the_file_that_all_others_spoil_is_right():
    assert parse_scenario(GOOD).scenario.title == "one callback"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "launch_callback",
            "lanch_callback",
            "file.yaml:12:7: unknown step 'lanch_callback'; did you mean 'launch_callback'?",
        ),
        ("- init", "- inti", "file.yaml:7:7: unknown step 'inti'; did you mean 'init'?"),
        (
            "takes: 1ms",
            "takes: 1msec",
            "file.yaml:4:17: duration '1msec' has an unknown unit 'msec'; use one of ns us ms s min h",
        ),
        (
            "takes: 1ms",
            "takes: 3",
            "file.yaml:4:17: duration 3 has no unit; write text with one of ns us ms s min h, like '3us'",
        ),
        ("fn: post", "fn: pots", "file.yaml:12:29: no callback is called 'pots'; did you mean 'post'?"),
        (
            "synchronize_stream: {stream: s}",
            "synchronize_stream: {stream: t}",
            "file.yaml:13:36: no stream is called 't'; let a step that makes a stream say 'as: t'",
        ),
        ("until: done", "until: dome", "file.yaml:16:14: no flag is called 'dome'; did you mean 'done'?"),
        (
            "start_thread: reporter",
            "start_thread: reportr",
            "file.yaml:10:21: no thread is called 'reportr'; did you mean 'reporter'?",
        ),
        (
            "device: 0",
            "device: first",
            "file.yaml:8:28: 'device' must be a whole number, not 'first'",
        ),
        (
            "device: 0",
            "devise: 0",
            "file.yaml:8:20: unknown field 'devise' in 'set_device'; did you mean 'device'?",
        ),
        (
            "block: true, ",
            "",
            "file.yaml:12:7: the field 'block' is missing in 'launch_callback'; add 'block:'",
        ),
        (
            "synchronize_stream: {stream: s}",
            "synchronize_stream: {stream: null}",
            "file.yaml:13:36: 'null' names nothing; write 'default' for the default stream",
        ),
        (
            "timeout: 100ms",
            "timeout: 1us",
            "file.yaml:18:37: timeout '1us' is not a whole number of milliseconds",
        ),
        ("schema_version: 1", "schema_version: 2", "file.yaml:1:17: 'schema_version' cannot be 2; write 1"),
        (
            "  main:",
            "  mian:",
            "file.yaml:1:1: no thread is called 'main'; a program starts with the thread main",
        ),
        (
            "title: one callback",
            "title: one callback\ntitle: again",
            "file.yaml:3:1: the key 'title' stands here a second time (first in line 2)",
        ),
        (
            "title: one callback",
            "title: one callback\nsoc: Ascend911",
            "file.yaml:3:6: no SoC profile is named 'Ascend911'",
        ),
        (
            "title: one callback",
            "title: !!python/object:os.system rm",
            "file.yaml:2:8: the tag '!python/object:os.system' is not allowed",
        ),
        (
            "stream: s}\n    - synch",
            "stream: s, returns: ACL_ERROR_RT_STREAM_NO_CB}\n    - synch",
            "file.yaml:12:68: no code is called 'ACL_ERROR_RT_STREAM_NO_CB'; did you mean",
        ),
    ],
)
def test_one_mistake_gives_one_line_with_place_and_fix(right, wrong, message):
    assert right in GOOD
    said = refused(GOOD.replace(right, wrong, 1))
    assert said.startswith(message)
    assert "\n" not in said


def test_all_mistakes_of_a_file_are_shown_in_its_order():
    text = GOOD.replace("title:", "titel:").replace("- init", "- inti").replace("1ms", "1 parsec")
    lines = refused(text).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["file.yaml:2:1", "file.yaml:4:17", "file.yaml:7:7"]


def test_no_more_than_twenty_mistakes_are_shown():
    lines = refused(GOOD + "".join(f"        - step_{n}: 1\n" for n in range(40))).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 20 more problems"


def test_a_yaml_bomb_is_refused_while_it_is_read():
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10)]
    said = refused("\n".join(["l0: &l0 [a, a, a, a, a, a, a, a, a]", *levels]))
    assert "expands to more than 200,000 nodes" in said
    assert "\n" not in said


def test_an_alias_that_contains_itself_is_refused():
    assert "nested deeper than 64 levels" in refused("title: &a [*a]\nthreads: {}")


def test_deep_nesting_is_refused():
    assert "nested deeper than 64 levels" in refused("[" * 3000)


def test_text_that_is_no_yaml_is_refused_at_its_line():
    assert refused("title: [1, 2\nthreads:\n").startswith("file.yaml:")
    assert "this is not valid YAML" in refused("a: b: c")


@pytest.mark.parametrize("text", ["[1, 2]", "just words", "# only a comment"])
def test_what_is_no_mapping_is_refused(text):
    said = refused(text)
    assert said.startswith("file.yaml")
    assert "schema_version: 1" in said


def test_files_that_include_each_other_are_refused(tmp_path):
    (tmp_path / "a.yaml").write_text(f"include: [b.yaml]\n{GOOD}")
    (tmp_path / "b.yaml").write_text("include: [a.yaml]\n")
    said = refused_file(tmp_path / "a.yaml")
    assert said == (
        f"{tmp_path}/b.yaml:1:11: the files include each other in a circle: a.yaml → b.yaml → a.yaml; "
        "remove one include"
    )


@pytest.mark.parametrize("path", ["../other.yaml", "/etc/passwd", "link.yaml"])
def test_an_include_cannot_leave_the_folder_of_its_file(tmp_path, path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "other.yaml").write_text(GOOD)
    (folder / "link.yaml").symlink_to(tmp_path / "other.yaml")
    (folder / "a.yaml").write_text(f"include: [{path}]\n{GOOD}")
    said = refused_file(folder / "a.yaml")
    assert said.startswith(f"{folder}/a.yaml:1:11: '{path}' leads out of the folder of this file")


def test_a_missing_include_is_named_where_it_is_included(tmp_path):
    (tmp_path / "a.yaml").write_text(f"include: [b.yaml]\n{GOOD}")
    said = refused_file(tmp_path / "a.yaml")
    assert said.startswith(
        f"{tmp_path}/a.yaml:1:11: the included file b.yaml cannot be used: there is no such file"
    )


def test_an_included_file_cannot_expect_or_redefine(tmp_path):
    (tmp_path / "a.yaml").write_text(f"include: [b.yaml]\n{GOOD}")
    (tmp_path / "b.yaml").write_text("callbacks: {post: {}}\nexpect: []\n")
    first, second = refused_file(tmp_path / "a.yaml").splitlines()
    assert (
        first == f"{tmp_path}/b.yaml:1:13: 'post' is defined twice (also in a.yaml:5); rename one of the two"
    )
    assert second.startswith(f"{tmp_path}/b.yaml:2:1: an included file cannot say 'expect'")


def test_a_mistake_in_an_included_file_names_that_file(tmp_path):
    (tmp_path / "a.yaml").write_text(f"include: [lib/b.yaml]\n{GOOD}")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "b.yaml").write_text("callbacks:\n  more: {takse: 1ms}\n")
    said = refused_file(tmp_path / "a.yaml")
    assert said == f"{tmp_path}/lib/b.yaml:2:10: unknown field 'takse' in 'more'; did you mean 'takes'?"


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text(" \n")
    assert refused_file(path).startswith(f"{path}: the file is empty; start with")


@pytest.mark.parametrize("raw", [b"\x7fELF\x02\x01\x01\x00\x00", b"title: \xff\xfe"])
def test_a_binary_file_is_refused(tmp_path, raw):
    path = tmp_path / "binary.yaml"
    path.write_bytes(raw)
    said = refused_file(path)
    assert said.startswith(f"{path}:")
    assert "YAML or JSON text" in said or "save the text as UTF-8" in said


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    said = refused_file(path)
    assert said.startswith(f"{path}: the file has 104,857,600 bytes, more than the 8MiB a scenario may have")


def test_a_missing_file_a_folder_and_a_device_are_refused(tmp_path):
    assert refused_file(tmp_path / "no.yaml") == f"{tmp_path}/no.yaml: there is no such file; check the path"
    assert refused_file(tmp_path).startswith(f"{tmp_path}: this is a folder")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refused_file(pipe).startswith(f"{pipe}: this is not a regular file")


def test_a_profile_file_cannot_be_named_in_a_scenario():
    said = refused(GOOD.replace("title:", "soc: /etc/own.toml\ntitle:"))
    assert (
        said == "file.yaml:2:6: a scenario names a built-in SoC, not a profile file; give the file with --soc"
    )


def test_expectations_are_checked_like_steps():
    said = refused(
        GOOD
        + "expect:\n  - callback: {fn: post}\n  - no: [races]\n  - ends: deadlok\n  - state: {is: ended}\n"
    ).splitlines()
    assert said == [
        "file.yaml:20:5: unknown expectation 'callback'; did you mean 'callbacks'?",
        "file.yaml:21:10: 'no' cannot be 'races'; did you mean 'race'?",
        "file.yaml:22:11: 'ends' cannot be 'deadlok'; did you mean 'deadlock'?",
        "file.yaml:23:5: state is about exactly one object; write one of thread, stream, event, context",
    ]
