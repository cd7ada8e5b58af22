"""Running things on a real library, each in a process of its own: what hangs there ends with its process."""
