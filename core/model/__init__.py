"""The vocabulary of Clearance as frozen values: no I/O, nothing but the standard library."""
