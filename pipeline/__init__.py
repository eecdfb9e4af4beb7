"""Copydesk: fetch, clean, deduplicate and load news text, night after night."""

__version__ = "0.1.0"
