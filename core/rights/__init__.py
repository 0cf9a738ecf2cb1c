"""What an exported file is made of and under which licenses, in a form that may leave the house.

Pure: no I/O, no ledger. The record that goes beside every exported file (``<file>.rights.json``), the XMP
packets inside a glTF file, and how what was imported is told apart again.
"""
