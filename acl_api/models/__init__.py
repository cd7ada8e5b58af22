"""Models from files: side files beside `.om` files, and the work that they name (ONNX, Python)."""
