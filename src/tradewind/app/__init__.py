"""Putting it together: strategies, configuration, and the one place with concrete classes."""
