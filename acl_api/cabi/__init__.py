"""The C surface: its facts, how C arguments map onto the table's rows, and the library made of both."""
