"""The runtime model: a state machine without threads, driven by the kernel's event queue."""
