"""Where in a C program a call comes from, and what its functions are called."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from acl_api.cabi.engine import Engine, text_of
from acl_api.cabi.memory import Ffi
from acl_api.cabi.symbols import symbols_of

_ROOM: Final = 4096


class Places(dict[int, str]):
    """Where calls come from: "main+0x1f in prog", by the address behind the call; each is looked up once."""

    def __init__(self, ffi: Ffi, engine: Engine) -> None:
        super().__init__()
        self._ffi = ffi
        self._engine = engine

    def __missing__(self, address: int) -> str:
        file, base = self._file(address)
        found = symbols_of(file).at(address, base)
        name = Path(file).name
        if not base:
            text = "an unknown place"
        elif found is None:
            text = f"{name}+{address - base:#x}"
        else:
            text = f"{self._plain(found[0])}+{found[1]:#x} in {name}"
        self[address] = text
        return text

    def function(self, address: int) -> str:
        """Return the name of the function that begins at an address; its place when nobody knows."""
        file, base = self._file(address)
        found = symbols_of(file).at(address, base)
        return self[address] if found is None else self._plain(found[0])

    def _file(self, address: int) -> tuple[str, int]:
        path = self._ffi.new("char[]", _ROOM)
        base = self._engine.aclsim_file(address, path, _ROOM)
        return text_of(self._ffi, path), base

    def _plain(self, name: str) -> str:
        text = self._ffi.new("char[]", _ROOM)
        self._engine.aclsim_plain(name.encode(), text, _ROOM)
        return text_of(self._ffi, text)
