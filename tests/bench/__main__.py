"""`python -m tests.bench [--quick] [--json FILE]`: a table of ratios; exit 1 when a goal is missed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.bench.figures import answers, figures, repeats, table

parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
parser.add_argument("--quick", action="store_true", help="5 repeats instead of 15")
parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures, and all results, as JSON")
options = parser.parse_args()

results = repeats(5 if options.quick else 15)
if len(answers(results)) != 1:
    sys.exit(f"the variants disagree, so nothing here counts: {sorted(answers(results))}")
made = figures(results)
print(table(made))
if options.json is not None:
    report = {"figures": [figure._asdict() for figure in made], "results": results}
    options.json.write_text(json.dumps(report, indent=1) + "\n")
sys.exit(1 if any(figure.beyond > figure.known for figure in made) else 0)
