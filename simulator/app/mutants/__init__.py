"""Runtimes that are wrong on purpose: each shows that a set of tests would notice that mistake.

A mutant changes what the model does, never what it records: the trace stays the truth about a wrong run.
"""
