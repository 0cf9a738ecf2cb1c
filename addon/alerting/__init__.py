"""Compliance alerts in Blender: when the scene is looked at, what is said, and how renders and exports stop.

What an alert is and what stops is decided by the core; here it is only asked at the right moment. What can be
stopped before anything is written, and what cannot, is told in ``docs/alerts.md``.
"""
