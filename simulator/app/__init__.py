"""The command line: `aclsim`."""
