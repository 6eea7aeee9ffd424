"""Short a falling perpetual below its two long exponential means; stop, target and trail it.

Knows the rules of that one idea for any number of instruments. It does not know candles that
are still forming, how orders travel, or any time but the context's.
"""
