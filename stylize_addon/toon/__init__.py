"""Toon shading that renders live in EEVEE and Cycles, its outlines, and its bake."""
