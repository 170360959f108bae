"""The engine of Stylize: pictures in, stylized pictures out. Knows nothing of Blender."""
