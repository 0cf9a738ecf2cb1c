"""CGTrader's API v1 as its documents describe it: models, orders with web checkout, signed downloads."""

from .routes import ROUTES

__all__ = ["ROUTES"]
