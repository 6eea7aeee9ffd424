"""Queue-join paired market maker: two resting buys whose payouts add up to 1 per contract.

Knows JOIN, JUMP, the pair's cost and the cycle that buys both legs. Must not know venues, the
gate or the ledger: it reads views and speaks in intents.

parameters  what an operator may set            pairing    which two instruments make the pair
views       what both legs look like now        fees       what a contract is expected to cost
state       the cycle, saved with each change   quotes     JOIN, JUMP, guards: pure prices
quoting     from prices to orders               slots      one leg's order, step by step
rebalance   the way out of half a pair          conduct    the cycle's state machine
overlays    caps and quotes from a fair value   strategy   callbacks and commands
"""
