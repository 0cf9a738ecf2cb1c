"""Unity's packages: where they come from, what is in them, and how their materials look.

Read only, and never executed: scripts, program libraries, shaders and scenes stay in the package.
"""
