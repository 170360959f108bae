"""Materials and Worlds: what colours them, how that is stylized, and how it gets into graphs and out."""
