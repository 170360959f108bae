"""One folder a method: card and Params, network, published formats, and how it stylizes."""
