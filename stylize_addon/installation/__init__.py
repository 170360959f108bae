"""The engine's own environment: what it takes, how it is made, and what may go wrong."""
