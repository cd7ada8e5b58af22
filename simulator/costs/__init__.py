"""What tasks cost: a backend of its own, chosen per run."""
