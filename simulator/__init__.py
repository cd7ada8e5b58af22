"""A discrete-event model of the Ascend stream and callback runtime."""

# Stated here too: asking the installed metadata takes longer than everything else that `--version` does.
__version__ = "0.1.0"
