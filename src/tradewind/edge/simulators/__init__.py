"""Simulated venues and their public: a crowd that trades by a seed, and a paper venue that keeps
its own durable file. Knows matching and market data; must not know the desk that trades here.
"""
