"""Pictures in work: files to tensors and back, windows of large ones, label and depth pictures."""
