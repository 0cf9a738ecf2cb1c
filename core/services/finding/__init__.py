"""Finding assets: searches, product feeds, previews. Never a billable call."""
