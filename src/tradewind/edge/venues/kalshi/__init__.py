"""Kalshi Trade API v2 over the wire."""
