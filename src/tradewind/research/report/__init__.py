"""The report of a backtest: one HTML file that needs no network. Knows results; decides nothing."""

from tradewind.research.report.page import render

__all__ = ["render"]
