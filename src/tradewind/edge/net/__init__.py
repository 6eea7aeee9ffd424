"""Bytes to and from a venue: requests, sockets, deadlines, reconnects. Knows no venue's words."""
