"""Picture files and arrays: how each kind is recognised, read and written."""
