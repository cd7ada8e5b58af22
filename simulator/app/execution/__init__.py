"""Running a person's own program: what to run, the world it runs in, and what is said of it afterwards."""
