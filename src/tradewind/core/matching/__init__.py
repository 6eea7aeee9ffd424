"""How an order meets the market in paper and backtest: matching, queue, latency and fees."""
