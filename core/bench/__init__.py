"""Speed and memory: ``python -m core.bench``."""
