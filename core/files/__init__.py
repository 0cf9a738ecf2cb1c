"""Files on disk: the content-addressed store, real file types, safe archives, checks before an import.

Never uses the network, never imports bpy, and never believes a name, a size or a header that
came with a file.
"""
