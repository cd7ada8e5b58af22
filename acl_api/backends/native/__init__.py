"""The real libascendcl behind the surface: the same rows, called through cffi (ABI mode) in this process."""
