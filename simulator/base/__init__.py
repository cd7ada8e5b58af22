"""Leaves of the model: units, ids, errors, state tables, trace records and SoC profiles."""
