"""Pictures and models made by the standard library alone, the same on every machine, so that a bare clone sells something."""
