"""The panels and what they show. ``view*``, ``icons`` and ``text`` are pure; the others draw with bpy."""
