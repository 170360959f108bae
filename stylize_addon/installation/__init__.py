"""The engine's own environment: its plan, its installation, and failures."""
