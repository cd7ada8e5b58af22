"""get_last_error gave the code of the graph engine; rule i6: it is the last code of the runtime layer."""

from __future__ import annotations

import acl_api as acl


def test_a_missing_model_is_not_a_runtime_error() -> None:
    with acl.Session():
        acl.rt.set_device(0)
        assert acl.mdl.load_from_file("nowhere.om") == (0, 145002)
        assert acl.rt.get_last_error(0) == 0


def test_a_code_of_the_runtime_layer_is_remembered() -> None:
    with acl.Session():
        assert acl.rt.create_stream() == (0, 107002)
        assert acl.rt.get_last_error(0) == 107002
