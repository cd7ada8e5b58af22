"""What people and other tools read of a run: timelines and summaries, each a pure function of the trace."""
