"""What is asked for: one picture, or a sequence of frames; plain data without torch."""
