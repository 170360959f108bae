"""Parity: results of the authors' own code compared with ours."""
