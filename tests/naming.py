"""Which tests show which rule, statement or conformance case, and what of these no test shows, with the reason.

A test names what it shows at the beginning of its name (`test_a13_a14_…`, `test_p3_…`, `test_item_38_…`), or, where
its name says something better, with `@pytest.mark.shows("p26", "item 59")`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = ("rules.md", "pyacl.md", "conformance.md")
_ENTRY: Final = re.compile(r"^- \*\*(0\.\d|[a-kp]\d+[a-z]?|item \d+)\*\* (.*)$", re.MULTILINE)
_WORD: Final = re.compile(r"[a-kp]\d+[a-z]?")

CAPTURE: Final = "waits for graph capture"

OPEN: Final[Mapping[str, str]] = {
    "a23": CAPTURE,
    "a24": "the C library for small products is another implementation, which this surface does not offer",
    "b19": CAPTURE,
    "d9": "these functions exist in the C library for small products only",
    **{f"j{number}": CAPTURE for number in range(1, 8)},
    "k8": "a log line of the vendor's, which nothing can observe here",
    "k9": "a sign of life of the vendor's poll: destroying waits all the same (rule e9)",
    "k10": "how many tasks a full queue gives back at a time cannot be observed here: it has room or not",
    "k11": "records of memory errors are not modelled",
    "k12": "events between processes are not modelled",
    "p37": "codecs are not modelled",
    "item 49": "the status of a host function is internal to the vendor's library (rule a22)",
    "item 60": CAPTURE,
    **{f"item {number}": CAPTURE for number in (109, 110, 111, 112, 114, 115, 116)},
}
"""Rules, statements and cases that no test shows, with the reason."""

PARTS: Final[Mapping[str, str]] = {
    "a22": "the variant with a result is internal to the vendor's library",
    "e1": "an output pointer that is NULL cannot be passed: outputs are returned",
    "e4": "old firmware is not modelled",
    "e6": "the second, internal figure of each product is not what users meet",
    "e8": "streams of captured models wait for graph capture",
    "e9": "captured streams wait for graph capture",
    "e11": "captured streams wait for graph capture",
    "e13": "no modelled task ends with one of the codes that are passed through",
    "e15": "captured streams wait for graph capture",
    "e18": "streams of captured models and old firmware are not modelled",
    "f1": "which chips refuse IPC events is not known",
    "f11": "captured events wait for graph capture",
    "f14": "the event id is free at once, not when the event finishes",
    "g5": "setting up a device does not fail unless a fault is declared",
    "g13": "flags of the primary context are always 0",
    "h5": "large copies are one task; captured streams wait for graph capture",
    "k1": "what DOC allows and advises is no limit here; a profile of one's own has another number",
    "k2": "the depth of the submission queue and the bit map have no effect that could be seen",
    "k3": "the runtime's own thread simply waits: that it wakes up each second cannot be observed",
    "k7": "the sync of an event simply waits: its slices cannot be observed",
    "p24": "finalize, memory and models keep the lock, too, and do not wait for callbacks here",
    "p38": "SIGINT is left as it is",
    "p47": "that the default stream takes no mode on some products stands in the pages only, against the code read",
}
"""What of a rule has no test although the rule has some."""


@cache
def entries() -> Mapping[str, str]:
    """Return the text of every rule, statement and case, by its name, in the order of the pages."""
    texts = [(ROOT / "docs" / page).read_text("utf-8") for page in PAGES]
    return dict(entry for text in texts for entry in _ENTRY.findall(text))


@cache
def shown() -> Mapping[str, tuple[str, ...]]:
    """Return which test functions show each rule, as `file::function`."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in _functions(ast.parse(path.read_text("utf-8"))):
            for name in dict.fromkeys([*_begins_with(node.name), *_marked(node)]):
                found.setdefault(name, []).append(f"{path.relative_to(ROOT / 'tests')}::{node.name}")
    return {name: tuple(tests) for name, tests in found.items()}


def _functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    return (
        node for node in module.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def _begins_with(name: str) -> Iterator[str]:
    """Yield what the name of a test begins with: rules, or the numbers of cases."""
    words = name.removeprefix("test_").split("_")
    items = words[0] in {"item", "items"}
    for word in words[1:] if items else words:
        if not (word.isdigit() if items else _WORD.fullmatch(word)):
            return
        yield f"item {word}" if items else word


def _marked(node: ast.FunctionDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.shows":
            yield from (str(ast.literal_eval(argument)) for argument in decorator.args)
