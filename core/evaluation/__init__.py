"""Quality in figures, and networks with random weights to test with."""
