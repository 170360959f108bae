"""Quality metrics, and networks with random weights for tests."""
