"""Exploring scenarios and programs: what is run again and again, and what is made of a failure."""
