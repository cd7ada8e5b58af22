"""Choosers for exploration: each decides one run, and knows nothing of the others but what it was made with."""
