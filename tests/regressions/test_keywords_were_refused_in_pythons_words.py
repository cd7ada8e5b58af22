"""Keywords gave Python's text for its own functions, not the one of a builtin, which programs have seen."""

from __future__ import annotations

import pytest

from tests.conformance.machine import rt


def test_the_text_is_that_of_a_builtin():
    with pytest.raises(TypeError, match=r"^acl\.rt\.set_device\(\) takes no keyword arguments$"):
        rt.set_device(device_id=0)
