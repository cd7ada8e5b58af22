"""Models from side files, in the words that their tests use: a folder, a session, buffers with numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import numpy as np

import acl_api as acl
from simulator.base.profile import load_profile
from simulator.base.trace import Noted

rt: Any = import_module("acl_api.rt")
mdl: Any = import_module("acl_api.mdl")
util: Any = import_module("acl_api.util")

HOST_TO_DEVICE, DEVICE_TO_HOST = 1, 2
DOUBLE = """\
latency = "1ms"
python = "work:double"
[[inputs]]
name = "x"
shape = [4]
dtype = "float32"
[[outputs]]
name = "y"
shape = [4]
dtype = "float32"
"""
WORK = """\
def double(inputs, outputs):
    outputs[0][:] = inputs[0] * 2

def fail(inputs, outputs):
    raise ValueError("no such class")

def wide(inputs, outputs):
    return [inputs[0].repeat(2)]

def plus_and_minus(inputs, outputs):
    outputs[0][:] = inputs[0] + inputs[1]
    outputs[1][:] = inputs[0] - inputs[1]
"""


class Rig:
    """A session with device 0 set, in a folder with side files and the module `work`."""

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self.folder = folder
        (folder / "work.py").write_text(WORK)
        profile = load_profile("Ascend910B")
        if shared:
            profile = replace(profile, runtime=replace(profile.runtime, host_shares_device_memory=True))
        self.session = acl.Session(soc=profile)
        # Memory that buffers point to must live as long as the test.
        self.held: list[object] = []

    def __enter__(self) -> Self:
        self.session.__enter__()
        assert acl.init() == 0
        assert rt.set_device(0) == 0
        return self

    def __exit__(self, *error: object) -> None:
        del error
        self.session.__exit__(None, None, None)

    def load(self, text: str = DOUBLE, name: str = "net.om") -> int:
        (self.folder / f"{name}.toml").write_text(text)
        number, code = mdl.load_from_file(str(self.folder / name))
        assert code == 0
        return int(number)

    def describe(self, model: int) -> int:
        desc = mdl.create_desc()
        assert mdl.get_desc(desc, model) == 0
        return int(desc)

    def upload(self, array: np.ndarray[Any, Any]) -> int:
        """Return the device address of a copy of *array*."""
        address, code = rt.malloc(max(array.nbytes, 1), 0)
        assert code == 0
        self.held.append(array)
        if array.nbytes:
            assert rt.memcpy(address, array.nbytes, array.ctypes.data, array.nbytes, HOST_TO_DEVICE) == 0
        return int(address)

    def download(self, address: int, dtype: str, shape: Sequence[int]) -> np.ndarray[Any, Any]:
        array = np.empty(shape, dtype)
        assert rt.memcpy(array.ctypes.data, array.nbytes, address, array.nbytes, DEVICE_TO_HOST) == 0
        return array

    def dataset(self, *places: tuple[int, int]) -> int:
        """Return a data set with a buffer for each (address, size)."""
        dataset = mdl.create_dataset()
        for address, size in places:
            assert mdl.add_dataset_buffer(dataset, acl.create_data_buffer(address, size)) == (dataset, 0)
        return int(dataset)

    def findings(self) -> Iterator[tuple[str, str]]:
        trace = self.session.trace
        assert trace is not None
        return ((note.finding, note.text) for note in trace.of(Noted))

    def found(self, finding: str) -> str:
        """Return the text of the one finding of that kind."""
        (text,) = [text for kind, text in self.findings() if kind == finding]
        return text


def ramp(*shape: int) -> np.ndarray[Any, Any]:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
