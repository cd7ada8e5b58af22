"""The only place that knows simpy, greenlet and threading: event queue, clock, choices and hosts."""
