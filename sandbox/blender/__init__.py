"""Models made with Blender for the sandbox to sell. The server never imports this; `make_models` does."""
