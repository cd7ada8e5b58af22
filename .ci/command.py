"""Print a command that the README promises: the fenced block after its marker, verbatim.

Usage: command.py NAME        (the README has a line `<!-- command: NAME -->` before the block)
"""

import pathlib
import re
import sys


def command(readme: str, name: str) -> str:
    """Return the text of the one block marked `name`; raise LookupError when there is not exactly one."""
    block = rf"^<!-- command: {re.escape(name)} -->\s*^```\w*\n(.*?)^```$"
    found: list[str] = re.findall(block, readme, re.MULTILINE | re.DOTALL)
    if len(found) != 1:
        message = (
            f"README.md: {len(found)} blocks marked '<!-- command: {name} -->', expected one: "
            "put the marker on the line before a fenced block"
        )
        raise LookupError(message)
    return found[0].strip()


if __name__ == "__main__":
    try:
        print(command(pathlib.Path(__file__, "../../README.md").resolve().read_text("utf-8"), sys.argv[1]))
    except (LookupError, OSError) as error:
        sys.exit(f".ci/command.py: {error}")
