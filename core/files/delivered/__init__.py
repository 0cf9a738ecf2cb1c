"""Reads from delivered files what can be held against an offer. Decodes no picture, no film and no sound."""
