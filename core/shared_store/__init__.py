"""A studio's delivered files in one place: a folder on a share, or object storage; sealed where wanted.

What lies there is found by the SHA-256 of the delivered file, as in the store of one machine
(:mod:`core.files.store`), and copied into that before it is used. Who may have a file is not decided here.
"""
