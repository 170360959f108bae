"""Motion between frames: where it comes from, pictures moved by it, and where it can be trusted."""
