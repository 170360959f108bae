"""A toon look on finished renders: passes in, shades and lines out, calm from frame to frame."""
