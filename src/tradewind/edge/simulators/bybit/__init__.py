"""A simulated Bybit, written from the protocol pages."""
