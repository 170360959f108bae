"""From a request to one written picture."""
