"""Tokens: short, exact, and refused in one sentence when they are damaged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base.errors import UserError
from simulator.explore.deviations import Deviation
from simulator.explore.tokens import PREFIX, Token, decode, encode, read_token

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
deviations = st.builds(Deviation, names, names, st.integers(1, 10**6), names, st.integers(1, 99))
settings = st.tuples(names, st.one_of(names, st.integers(), st.booleans(), st.lists(names).map(tuple)))
tokens = st.builds(
    Token,
    kind=names,
    name=names,
    deviations=st.lists(deviations, max_size=8).map(tuple),
    content=names,
    settings=st.lists(settings, max_size=4).map(tuple),
    arguments=st.lists(names, max_size=4).map(tuple),
    trace=names,
    version=names,
)
TYPICAL = Token(
    "scenario",
    "scenarios/corpus/early_unsubscribe.yaml",
    (
        Deviation("thread", "reporter", 3, "main", 1),
        Deviation("synchronize_stream", "main", 2, "stream-1", 2),
    ),
    "deadbeef",
    (("soc", "Ascend310P"),),
    trace="0123abcd",
)


@given(tokens)
def test_a_token_says_what_was_put_into_it(token):
    assert decode(encode(token)) == token


@given(tokens)
def test_line_ends_of_a_mail_program_do_not_matter(token):
    word = str(token)
    assert decode(" ".join(word[at : at + 7] for at in range(0, len(word), 7)) + "\n") == token


def test_a_typical_token_fits_in_two_lines():
    assert len(str(TYPICAL)) < 200


def test_a_token_survives_in_a_shell_without_quotes():
    assert set(str(TYPICAL)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@given(st.data())
def test_a_damaged_token_is_refused_and_never_replays_something_else(data):
    word = str(TYPICAL)
    at = data.draw(st.integers(len(PREFIX), len(word) - 2))
    other = data.draw(st.sampled_from("AbC019-_").filter(lambda letter: letter != word[at]))
    with pytest.raises(UserError, match="is no token"):
        decode(word[:at] + other + word[at + 1 :])


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("", "tokens begin with"),
        ("my.yaml", "tokens begin with"),
        ("acl9.abc", "another version"),
        (f"{PREFIX}", "characters"),
        (f"{PREFIX}a!b", "characters"),
        (f"{PREFIX}abcd", "damaged or cut off"),
        (str(TYPICAL)[:-6], "damaged or cut off"),
        (PREFIX + "A" * (2 << 20), "longer than"),
    ],
)
def test_what_is_no_token_is_refused_with_the_reason(word, said):
    with pytest.raises(UserError, match=said) as refused:
        decode(word)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    "values",
    ["[]", "{}", "1", '["a","b","c","d",[],[],"v",[["k","a",0,"t",1]]]', '["a","b",1,"d",[],[],"v",[]]'],
)
def test_wrong_contents_in_the_right_frame_are_refused(values, monkeypatch):
    monkeypatch.setattr("simulator.explore.tokens._text", lambda _token: values.encode())
    word = encode(TYPICAL)
    with pytest.raises(UserError, match="damaged"):
        decode(word)


def test_a_token_is_found_in_a_file_among_other_words(tmp_path):
    file = tmp_path / "found.token"
    file.write_text(f"# seen on Friday\ntoken: {TYPICAL}\nthank you\n")
    assert read_token(str(file)) == TYPICAL


def test_a_file_without_a_token_says_how_to_get_one(tmp_path):
    file = tmp_path / "empty.txt"
    file.write_text("nothing\n")
    with pytest.raises(UserError, match="there is no token in this file"):
        read_token(str(file))
