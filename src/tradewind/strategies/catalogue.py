"""Where each built-in strategy is. Knows names only: looking one up imports nothing else."""

BUILT_IN: dict[str, str] = {
    "join_jump_pair_maker": "tradewind.strategies.join_jump.strategy:JoinJumpPairMaker",
    "favourite_scalper": "tradewind.strategies.favourite_scalper.strategy:FavouriteScalper",
    "dual_ema_short": "tradewind.strategies.dual_ema_short.strategy:DualEmaShort",
}
"""Strategy id to "module:Class"; the class is loaded when it is first asked for."""
