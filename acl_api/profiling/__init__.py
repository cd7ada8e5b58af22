"""Profiling: what acl.prof configures, records and writes."""
