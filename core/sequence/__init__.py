"""From a request to the written frames of a sequence."""
