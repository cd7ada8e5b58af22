"""Tokens of tests: what a failing test prints, and what `pytest --aclsim-replay` takes."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Final

from simulator.base.errors import UserError
from simulator.explore.deviations import Deviating, Deviation
from simulator.explore.tokens import Token, read_token

_KIND: Final = "test"


def token_of(nodeid: str, deviations: Iterable[Deviation]) -> Token:
    """Return the token of a run of the test *nodeid*; how the test is run stands in its mark."""
    return Token(_KIND, nodeid, tuple(deviations))


def command_of(token: Token) -> str:
    """Return the command that runs the test of *token* in its order."""
    return shlex.join(["pytest", token.name, f"--aclsim-replay={token}"])


def test_of(word: str) -> str:
    """Return the node id of the test that a token, or a file with one, is about; UserError for another's."""
    return _token(word).name


def chooser_of(word: str) -> Deviating:
    """Return what decides as the run of that token did."""
    return Deviating(_token(word).deviations)


def _token(word: str) -> Token:
    token = read_token(word)
    if token.kind != _KIND:
        raise UserError(f"this token is of a {token.kind}, not of a test: aclsim replay {word}")
    return token
