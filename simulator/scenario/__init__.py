"""Scenario files: grammar, loader, published schema, interpreter and expectations."""
