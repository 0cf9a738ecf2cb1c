"""Pictures and models made by the standard library alone, so that a bare clone has something to sell."""
