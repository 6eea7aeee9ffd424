"""A simulated Kalshi, written from the protocol pages."""
