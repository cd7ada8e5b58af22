"""What a backend is to the surface: one callable per function and flavour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from acl_api.arguments import Flavour
from acl_api.table.row import Row

# Takes as many arguments as the row has parameters; `arguments.ABSENT` stands for those not given.
Call = Callable[..., object]


class Backend(Protocol):
    """Binds the rows of the table to something that can execute them."""

    @property
    def name(self) -> str:
        """What the user calls it: "simulator" or "ascend"."""

    def bind(self, row: Row, flavour: Flavour) -> Call:
        """Return what executes *row* for arguments of that flavour."""
