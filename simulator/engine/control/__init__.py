"""The controlled scope: threads, locks and clocks of a whole Python program, in simulated time."""
