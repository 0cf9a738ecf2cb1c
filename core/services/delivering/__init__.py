"""From a grant to files ready to import: downloaded or picked up, checked, shared, handed out."""
