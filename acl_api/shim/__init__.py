"""A folder for sys.path and PYTHONPATH: with it in front, `import acl` finds the simulator."""
