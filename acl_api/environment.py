"""Every variable of the environment that means something here: ours, and those of the vendor that are honoured.

`settings.read_settings` reads them; `aclsim env` lists them. An argument beats a variable.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Variable(NamedTuple):
    """One variable: what it means, what holds without it, and where that is written down."""

    name: str
    says: str
    default: str
    source: str

    @property
    def is_ours(self) -> bool:
        """Whether nobody but us knows it."""
        return self.name.startswith("ACLSIM_")


_OURS: Final = "aclsim"
_DOCS: Final = "the runtime's docs/zh/env_vars"
_SET_ENV: Final = "the vendor's set_env.sh"

VARIABLES: Final = (
    Variable("ACLSIM_BACKEND", "What stands behind acl: simulator, ascend or auto.", "simulator", _OURS),
    Variable(
        "ACLSIM_LIBRARY",
        "The libascendcl.so of the backend ascend: a file, or its folder.",
        "as set_env.sh says",
        _OURS,
    ),
    Variable(
        "ACLSIM_VIA",
        "How the backend ascend calls it: cffi, or pyacl (the vendor's module acl).",
        "cffi",
        _OURS,
    ),
    Variable("ACLSIM_HOST", "What threads are made of: greenlets, baton or free.", "free", _OURS),
    Variable("ACLSIM_SEED", "Decides what the runtime leaves open.", "the friendly order", _OURS),
    Variable("ACLSIM_SOC", "The SoC profile: a name or a .toml file.", "Ascend910B", _OURS),
    Variable("ACLSIM_DEVICES", "How many devices the machine has, 1 to 64.", "8", _OURS),
    Variable("ACLSIM_COSTS", "Durations: profile, null, or a recorded FILE.csv.", "profile", _OURS),
    Variable(
        "ACLSIM_OPTIONS",
        "What is done where the real runtime is not known: NAME=VALUE with blanks between (docs/fidelity.md).",
        "the defaults",
        _OURS,
    ),
    Variable(
        "ACLSIM_FAULTS",
        "What is to go wrong, with semicolons between: task/stream-0.1#1; call:aclrtMalloc#2 (docs/faults.md).",
        "nothing",
        _OURS,
    ),
    Variable(
        "ACLSIM_TRACE",
        "The file that a program on libascendcl.so leaves for 'aclsim check' (docs/abi.md).",
        "none",
        _OURS,
    ),
    Variable("ACLSIM_PYTHON", "The interpreter that libascendcl.so loads (docs/abi.md).", "as built", _OURS),
    Variable("ACLSIM_SPEED", "Simulated over real time on the free host.", "1", _OURS),
    Variable("ACLSIM_STALL", "A process without progress: tell why, or abort.", "tell", _OURS),
    Variable("ACLSIM_STALL_AFTER", "After how many real seconds without progress.", "5", _OURS),
    Variable("ACLSIM_ALLOW_CODE", "1: side files of models may name code outside the folder.", "0", _OURS),
    Variable(
        "ACLSIM_OPERATORS",
        "A Python module, or .py file, that registers operators (docs/operators.md).",
        "none",
        _OURS,
    ),
    Variable("ACLSIM_PROF_STAMP", "What the files of acl.prof are named by.", "the time", _OURS),
    Variable("ACLSIM_MODELS", "Folders in which models in memory are looked for, as in PATH.", "none", _OURS),
    Variable(
        "ASCEND_RT_VISIBLE_DEVICES",
        "The devices that a process sees, rising and with commas: it counts them from 0. Read up to the first "
        "foreign character or device that there is not.",
        "all",
        _DOCS,
    ),
    Variable(
        "ASCEND_DEVICE_ID",
        "The device that frameworks set for their process, an index into the visible ones. acl itself does not "
        "read it; one that is not visible is warned of.",
        "none",
        _DOCS,
    ),
    Variable(
        "ASCEND_GLOBAL_LOG_LEVEL",
        "The least level that is logged: 0 debug, 1 info, 2 warning, 3 error, 4 nothing.",
        "3",
        _DOCS,
    ),
    Variable(
        "ASCEND_MODULE_LOG_LEVEL",
        "The same for modules, as ASCENDCL=0:RUNTIME=1 or APP=1; one mistake voids all of it.",
        "the global level",
        _DOCS,
    ),
    Variable("ASCEND_LOG_PRINT_TO_STDOUT", "1: the log goes to stdout.", "0: to stderr", _DOCS),
    Variable(
        "ASCEND_SLOG_PRINT_TO_STDOUT",
        "The same under its old name, deprecated in CANN 9.2.0; the new one beats it.",
        "0: to stderr",
        _DOCS,
    ),
    Variable("ASCEND_PROCESS_LOG_PATH", "The folder into which log files are written, too.", "none", _DOCS),
    Variable(
        "ASCEND_WORK_PATH",
        "The same: log files go to its folder log, unless the above is set.",
        "none",
        _DOCS,
    ),
    Variable("ASCEND_GLOBAL_EVENT_ENABLE", "0: no event lines in log files.", "1", _DOCS),
    Variable(
        "ASCEND_HOME_PATH",
        "Where the vendor's library is looked for by the backend 'ascend'.",
        "none",
        _SET_ENV,
    ),
    Variable("ASCEND_TOOLKIT_HOME", "The same.", "none", _SET_ENV),
)
"""In the order in which they are listed."""
