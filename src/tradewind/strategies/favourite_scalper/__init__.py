"""Buy the favoured outcome of a binary market, take a little, stop early, be out before it ends.

Knows the rules of entry, ranking, size and exit of that one idea. It does not know which venue
the market is on, how orders travel, or any time but the context's.
"""
