"""Rendered frames: how they are rendered, stylized, and put into the compositor."""
