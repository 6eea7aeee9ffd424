"""May this intent become an order? Limits, exposure, trading states, and the one gate.

It knows markets, the ledger and our open orders as sums; it never sends or changes an order.
"""
