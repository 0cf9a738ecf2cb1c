"""Clearance core: find, license, download and account for marketplace assets, without knowing any DCC.

Nothing below this package imports ``bpy`` or the add-on; everything that touches the outside world
(time, randomness, network, disk, the DCC) is handed in by :mod:`core.app`.
"""
