"""Libraries that have next to nothing, compiled on the spot."""

from __future__ import annotations

import subprocess
from pathlib import Path

SOURCE = """\
#include <stdint.h>
int aclInit(const char *path) { return 0; }
int aclrtGetDeviceCount(uint32_t *count) { *count = DEVICES; return 0; }
"""


def compiled_stub(folder: Path, *, devices: int = 1, text: str = SOURCE) -> Path:
    """Compile a library with two functions, of which one says how many devices there are, or with others."""
    folder.mkdir(exist_ok=True, parents=True)
    source, target = folder / "stub.c", folder / "libascendcl.so"
    source.write_text(text, "utf-8")
    command = ["gcc", "-O2", "-shared", "-fPIC", f"-DDEVICES={devices}", str(source), "-o", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target
