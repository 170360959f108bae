"""Reading files from others safely, and writing ours so that they are never half-written."""
