"""What we own and why: every change of a position or of cash is an entry, posted once.

Knows fills, fees, funding, settlements and the other things that move quantity or money. Must
not know orders, strategies, prices of the market or limits.
"""
