"""The conformance suite: small programs, named by rule, that are run on the model and on a library and compared."""
