"""Running a program on the real library: its threads and clocks are its own, and so is the end of the process."""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acl_api.backends.native.vendor import VendorBackend
from acl_api.backends.recording import RecordingBackend
from acl_api.selection import Selected, select
from acl_api.session import install_backend
from acl_api.surface import SHIM, extend_path, install
from simulator.app.execution.running import show_uncaught
from simulator.app.execution.telling import Voice
from simulator.app.exits import ExitCode
from simulator.app.files import save_trace
from simulator.base.errors import UserError
from simulator.export.tracefile import Ending

if TYPE_CHECKING:
    from acl_api.backends.protocol import Backend
    from simulator.app.execution.target import Target


@dataclass(frozen=True, slots=True)
class NativeOptions:
    """How to reach the library, and where to keep what is seen of the run."""

    backend: str
    library: str | None = None
    via: str | None = None
    record: str | None = None
    quiet: bool = False

    def select(self) -> Selected:
        """Return the backend that is asked for, opened. Raises `UserError`."""
        return select(self.backend, library=self.library, via=self.via)

    def pass_on(self) -> None:
        """Tell the programs that this one starts which backend to take."""
        asked = {"BACKEND": "ascend", "LIBRARY": self.library, "VIA": self.via}
        for name, value in asked.items():
            if value is not None:
                os.environ[f"ACLSIM_{name}"] = value


def run_native(target: Target, options: NativeOptions, backend: Backend, why: str) -> None:
    """Run the program as Python would, with *backend* behind `import acl`; the process goes on to its own end.

    There the recording is written, and one line on stderr says what the program ran on. A program that raises ends,
    after its traceback, in SystemExit with 1.
    """
    recording = RecordingBackend(backend) if options.record is not None else None
    install_backend(recording or backend)
    sys.path.insert(1, SHIM)
    extend_path(os.environ)
    options.pass_on()
    if isinstance(backend, VendorBackend):
        backend.make_room()
    install()
    voice, owner = Voice(), os.getpid()

    def close() -> None:
        if os.getpid() == owner:
            _close(target, options, voice, recording, why)

    atexit.register(close)
    try:
        target.prepare().execute()
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - as Python: a traceback, and code 1
        show_uncaught(error)
        code = ExitCode.INTERRUPTED if isinstance(error, KeyboardInterrupt) else ExitCode.FAILED
        raise SystemExit(code) from None


def _close(
    target: Target, options: NativeOptions, voice: Voice, recording: RecordingBackend | None, why: str
) -> None:
    """Write the recording, and say what the program ran on."""
    notes = []
    if recording is not None and options.record is not None:
        ending = Ending("done", recording.now(), "the program ended", whole=False)
        about = {"program": list(target.words), "backend": recording.name, "library": why}
        try:
            notes = save_trace(options.record, recording.trace, ending, about, option="--record")
        except UserError as error:
            voice.say(f"error: {error}")
    if not options.quiet:
        for note in notes:
            voice.say(note)
        voice.closing("ended", f"{target} on ascend ({why})")
