"""The scene license report: made from a scan, grants and terms; written as JSON, CSV, HTML and credits.

No I/O. Modules are imported by name, so that what needs pydantic or Jinja2 is loaded only when it is used.
"""
