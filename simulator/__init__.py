"""A discrete-event model of the Ascend stream and callback runtime.

Under `aclsim exec -m pytest` this module is there before pytest is, which would warn: PYTEST_DONT_REWRITE.
"""

# Stated here too: asking the installed metadata takes longer than everything else that `--version` does.
__version__ = "0.1.0"
