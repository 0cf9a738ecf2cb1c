"""Model files as they were delivered: glTF, OBJ, STL and PLY, read for checks and for recognizing."""
