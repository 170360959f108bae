"""Parity: every number that a method's authors' own code gave, compared with ours."""
