"""Exploring unmodified programs: each run in a process of its own, forked from one in which all is prepared.

`zygote` is that process, `child` one run in it, `verdict` what is thought of the run, `exchange` how they tell the
explorer, and `subject` the explorer's side.
"""

from simulator.app.exploring.programs.replaying import run_with
from simulator.app.exploring.programs.subject import PATIENCE_S, ProgramSubject

__all__ = ["PATIENCE_S", "ProgramSubject", "run_with"]
