"""Draws rows into layouts. Decides nothing: ``views`` does."""
