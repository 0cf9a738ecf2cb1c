"""Adobe's sign-in server and Stock's REST API as their documents describe them."""

from .routes import ROUTES

__all__ = ["ROUTES"]
