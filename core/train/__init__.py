"""Training: recipes, pictures, teacher and loop. Not needed to stylize."""
