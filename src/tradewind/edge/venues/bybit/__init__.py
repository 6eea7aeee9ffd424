"""Bybit v5 over the wire."""
