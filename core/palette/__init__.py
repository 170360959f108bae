"""Colours of whole scenes: measured palettes, the map from one to another, and means that are held."""
