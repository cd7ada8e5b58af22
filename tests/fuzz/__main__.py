"""`python -m tests.fuzz [TARGET…] [--runs N] [--seed N]`: let atheris look for input that crashes a reader.

What it finds is kept under tests/fuzz/found: mend the reader, and put the file into the target's corpus.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
LONGEST = 4096


def main() -> int:
    """Fuzz each target in a process of its own, as atheris ends the one that it runs in."""
    from tests.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all by default"
    )
    parser.add_argument("--runs", type=int, default=100_000, help="how many inputs each is given")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    unknown = set(asked.targets) - set(TARGETS)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    if asked.inside:
        fuzz(asked.targets[0], asked.runs, asked.seed)
    codes = [start(name, asked.runs, asked.seed) for name in asked.targets or TARGETS]
    return max(codes)


def start(name: str, runs: int, seed: int) -> int:
    """Fuzz one target in a process of its own; return its exit code."""
    command = [sys.executable, "-m", "tests.fuzz", name, "--inside", "--runs", str(runs), "--seed", str(seed)]
    return subprocess.run(command, cwd=HERE.parents[1], check=False).returncode


def fuzz(name: str, runs: int, seed: int) -> None:
    """Fuzz one target here, which does not return."""
    import atheris

    with atheris.instrument_imports(include=["acl_api", "simulator"]):
        from tests.fuzz.targets import CORPUS, TARGETS
    found = HERE / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    # A copy: what atheris thinks worth keeping is nobody's example.
    corpus = Path(tempfile.mkdtemp()) / name
    shutil.copytree(CORPUS / name, corpus)
    options = [
        f"-runs={runs}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={found}/",
        "-timeout=20",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
