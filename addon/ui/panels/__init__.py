"""The panels and menus that Blender shows: each says where it stands, and lets ``drawing`` draw it."""
