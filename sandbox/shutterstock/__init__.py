"""Shutterstock's API v2 as its specification and documents describe it: images, licenses, history, downloads."""

from .routes import ROUTES

__all__ = ["ROUTES"]
