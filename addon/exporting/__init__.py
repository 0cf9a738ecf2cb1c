"""Files that leave with their licenses, and come back with them.

What leaves, its record, and the hooks of Blender's own exporters and importers.
"""
