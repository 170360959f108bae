"""Weights as files: read what is published, recognise it, rename it to ours, keep it, load it."""
