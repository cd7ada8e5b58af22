"""What stands behind the surface: the simulator; the real library is planned."""
