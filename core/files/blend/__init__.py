"""The .blend reader: what is in a scene file, without Blender. Reads, never runs and never writes."""
