"""Shutterstock's API v2 as its specification and documents describe it, for images."""

from .routes import ROUTES

__all__ = ["ROUTES"]
