"""Pond5's reseller API v3 as two resellers' programs use it: search, items, and a download that bills."""

from .routes import ROUTES

__all__ = ["ROUTES"]
