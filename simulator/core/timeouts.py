"""How long tasks may take: the limits that a program sets for its whole process (rules f15, i3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.units import NS_PER_MS, NS_PER_US

if TYPE_CHECKING:
    from simulator.base.profile import Features

# Where tasks have no limit.
UNLIMITED: Final = 1 << 62


class TimeLimits:
    """The limit of operators, and that of waits for events.

    Limits of operators are whole numbers of a step: what a program asks for is rounded up, and cut to the most there
    is, which 0 stands for. `reported_ns` is what a program is told. `execute_ns` is what holds for its tasks: nothing
    before it has set a limit, as a model run stands here for many operators, each of which has the product's own
    limit on hardware; after that a run counts as one operator (assumed). `wait_seconds` is 0 without a limit.
    """

    __slots__ = ("_most", "_step", "execute_ns", "reported_ns", "wait_seconds")

    def __init__(self, features: Features) -> None:
        self._step = features.op_timeout_step_ns
        self._most = features.op_timeout_most
        self.wait_seconds = 0
        self.reported_ns = self._step * features.op_timeout_default
        self.execute_ns = UNLIMITED

    def __repr__(self) -> str:
        return f"<limits: operators {self.reported_ns} ns, waits {self.wait_seconds} s>"

    @property
    def known(self) -> bool:
        """Whether operators have limits on this product."""
        return bool(self.reported_ns)

    @property
    def interval_us(self) -> int:
        """The step, in whole microseconds."""
        return self._step // NS_PER_US

    @property
    def execute_ms(self) -> int:
        """What holds now, rounded up to milliseconds."""
        return -(-self.reported_ns // NS_PER_MS)

    def limit_execution(self, wanted: int) -> int:
        """Let operators take *wanted* ns, 0 for the longest there is; return what holds then, in microseconds."""
        if not self.known:
            return 0
        steps = -(-wanted // self._step) if wanted else self._most
        self.reported_ns = self.execute_ns = self._step * min(steps, self._most)
        return self.execute_ns // NS_PER_US
