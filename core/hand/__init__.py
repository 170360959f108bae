"""The hand of a picture: what its strokes are like, and the painter who comes nearest with which settings."""
