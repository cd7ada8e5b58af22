"""What kernels do: Python functions that users register by name, or name in a side file beside the binary."""
