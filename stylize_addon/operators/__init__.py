"""The operators: they read properties, start the work, and report."""
