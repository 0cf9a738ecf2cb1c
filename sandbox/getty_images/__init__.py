"""Getty Images' API v3 as its OpenAPI file and its SDKs describe it: photos and videos on products."""

from . import access, delivery
from .routes import ROUTES

__all__ = ["ROUTES", "access", "delivery"]
