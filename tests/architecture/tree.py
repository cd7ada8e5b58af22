"""What an architecture test knows of one module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("simulator", "acl_api")


class Module(NamedTuple):
    """One Python file of the packages."""

    name: str  # dotted, "simulator.core.streams"
    path: Path
    text: str
    imports: frozenset[str]  # absolute names of modules, wherever in the file the import stands

    @property
    def tree(self) -> ast.Module:
        """The file, parsed anew: the trees of all files, kept, would be half of all objects of a test process."""
        return ast.parse(self.text)

    def is_below(self, package: str) -> bool:
        """Whether this module is `package` or lies inside it."""
        return f"{self.name}.".startswith(f"{package}.")


def read(path: Path, root: Path) -> Module:
    """Parse one file."""
    text = path.read_text("utf-8")
    dotted = path.relative_to(root).with_suffix("").as_posix().replace("/", ".")
    return Module(dotted.removesuffix(".__init__"), path, text, frozenset(_imports(ast.parse(text))))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""
