"""TurboSquid's website as a buyer sees it, and a product feed; there is no API to stand in for."""

from .routes import ROUTES

__all__ = ["ROUTES"]
