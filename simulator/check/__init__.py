"""Readers of the trace: what a run guarantees, what it lost, why it hangs."""
