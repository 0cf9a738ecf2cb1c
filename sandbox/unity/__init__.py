"""The Unity Asset Store's website as a buyer sees it, a product feed, and the Editor's open search."""

from .routes import ROUTES

__all__ = ["ROUTES"]
