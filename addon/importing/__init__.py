"""What an asset becomes in Blender: one module per kind of file, each use of it a small function.

Nothing here decides what is safe, nor stamps: :mod:`..host` does that around each import.
"""
