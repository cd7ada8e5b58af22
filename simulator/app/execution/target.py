"""What to run: a script, a module or a piece of code, set up as Python itself would."""

from __future__ import annotations

import importlib.util
import io
import os
import sys
import zipfile
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, cast

from simulator.base.errors import UserError

if TYPE_CHECKING:
    from importlib.abc import InspectLoader


@dataclass(frozen=True, slots=True)
class Target:
    """A program and its arguments; `kind` is "script", "module" or "code", `name` what was given as such."""

    kind: str
    name: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return {"script": Path(self.name).name, "module": f"-m {self.name}", "code": "-c"}[self.kind]

    @property
    def words(self) -> list[str]:
        """The program as it stands on a command line of ours."""
        option = {"script": [], "module": ["-m"], "code": ["-c"]}[self.kind]
        separated = ["--"] if self.arguments[:1] == ("--",) else []
        return [*option, self.name, *separated, *self.arguments]

    def check(self) -> None:
        """Raise `UserError` when there is no such script; a module is looked for when its folder is on the path."""
        if self.kind != "script":
            return
        path = Path(self.name)
        if not path.exists():
            raise UserError(
                f"{self.name}: there is no such script; give the path of one, or '-m' and a module"
            )
        if path.is_dir() and not (path / "__main__.py").is_file():
            raise UserError(
                f"{self.name}: this is a folder without __main__.py; name the script in it, or use -m"
            )
        if not os.access(path, os.R_OK):
            raise UserError(f"{self.name}: the script cannot be read; check its permissions")

    def prepare(self) -> Program:
        """Set `sys.argv`, `sys.path` and `__main__` as Python does, and return what is to be executed.

        Raises `UserError` for a module that there is not, and whatever compiling or importing a package raises.
        """
        main = ModuleType("__main__")
        vars(main)["__builtins__"] = sys.modules["builtins"]
        sys.argv[:] = [self._argv0(), *self.arguments]
        sys.path[:1] = [] if sys.flags.safe_path else [self._path0()]
        sys.modules["__main__"] = main
        return Program(main, self._code(main))

    def _argv0(self) -> str:
        return {"script": self.name, "module": "-m", "code": "-c"}[self.kind]

    def _path0(self) -> str:
        if self.kind == "code":
            return ""
        if self.kind == "module":
            return str(Path.cwd())
        path = Path(self.name)
        return str(path.resolve() if self._is_container(path) else path.resolve().parent)

    @staticmethod
    def _is_container(path: Path) -> bool:
        return path.is_dir() or zipfile.is_zipfile(path)

    def _code(self, main: ModuleType) -> CodeType:
        if self.kind == "code":
            return compile(self.name, "<string>", "exec", dont_inherit=True)
        if self.kind == "module":
            return _module_code(main, _find_module(self.name))
        path = Path(self.name)
        if self._is_container(path):
            spec = PathFinder.find_spec("__main__", [str(path.resolve())])
            if spec is None:
                raise UserError(f"{self.name}: there is no __main__ in it; name a script")
            return _module_code(main, spec, argv0=self.name)
        main.__file__ = str(path.absolute())
        main.__loader__ = SourceFileLoader("__main__", main.__file__)
        with io.open_code(main.__file__) as file:
            # As Python, with the encoding that the source declares and none of our future imports.
            return compile(file.read(), main.__file__, "exec", dont_inherit=True)


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled program and the module `__main__` that it fills."""

    main: ModuleType
    code: CodeType

    def execute(self) -> None:
        """Run it to the end of its last line; whatever it raises comes out."""
        exec(self.code, vars(self.main))  # noqa: S102 - running a person's program is what this is for


def _module_code(main: ModuleType, spec: ModuleSpec, argv0: str | None = None) -> CodeType:
    code = cast("InspectLoader", spec.loader).get_code(spec.name)
    if code is None:
        raise UserError(f"{spec.name}: there is no Python code for this module; name another")
    main.__spec__ = None if argv0 else spec
    main.__loader__ = spec.loader
    main.__file__ = spec.origin or code.co_filename
    main.__package__ = "" if argv0 else spec.parent
    sys.argv[0] = argv0 or main.__file__
    return code


def _find_module(name: str) -> ModuleSpec:
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
            if spec is None:
                raise UserError(
                    f"-m {name}: this is a package without __main__, which cannot be run; name a module in it"
                )
    except ModuleNotFoundError as error:
        raise UserError(f"-m {name}: {error}; check the name and the current folder") from None
    except (ValueError, ImportError) as error:
        raise UserError(f"-m {name}: {error}; name a module, without .py") from None
    if spec is None or spec.loader is None:
        raise UserError(f"-m {name}: there is no module of that name; check the name and the current folder")
    return spec
