"""Surfaces: how a picture is laid out for stylizing, and put back."""
