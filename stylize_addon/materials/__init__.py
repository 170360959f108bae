"""Materials and Worlds: finding their colour pictures, stylizing them, and changing the node graphs."""
