"""What the markets look like now: books, candles and quotes as folds of public events.

Knows prices, sizes, sequence numbers and the age of data. Must not know our orders, our money,
or what anybody wants to do with a price.
"""
