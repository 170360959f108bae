"""Loaded pictures: files to tensors and back, windows of large ones, label and depth pictures."""
