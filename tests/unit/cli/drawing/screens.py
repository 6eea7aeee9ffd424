"""A ScreenView to draw, calm or in trouble, and the lines that come out."""

from typing import Any

import msgspec
from rich.text import Text

from tests.harness import D
from tests.unit.control.stage import BTC, YES, Stage, hold, stage_with_maker
from tradewind.cli.drawing.page import lines_of
from tradewind.control.views import LinkView, ScreenView
from tradewind.model.commands import Kill, Scope, ScopeKind
from tradewind.model.events import CurrencyRate
from tradewind.model.ids import Currency


def stage_to_show() -> Stage:
    """Return a stage with a position, orders, fills and events."""
    stage = stage_with_maker()
    stage.feed(CurrencyRate(Currency("USDT"), D("1"), stage.now))
    hold(stage, "2", "99.9")
    stage.quote(BTC, "99.9", "100.1")
    stage.quote(YES, "0.40", "0.60")
    for _ in range(5):
        stage.views.screen()
        stage.pass_time(3)
        stage.quote(BTC, "99.9", "100.1")
    return stage


def calm() -> ScreenView:
    """Return a view with nothing wrong in it."""
    return stage_to_show().views.screen()


def troubled() -> ScreenView:
    """Return a view with everything wrong in it."""
    stage = stage_to_show()
    stage.command(Kill(Scope(ScopeKind.ACCOUNT, "A")))
    view = stage.views.screen()
    maker = msgspec.structs.replace(view.instances[0], faulted="on_quote raised ValueError: no")
    link = LinkView(account="A", ages={}, reconnects={}, failed_reads=3, clock_ahead_us=None)
    return msgspec.structs.replace(view, instances=(maker, *view.instances[1:]), links=(link,))


def changed(view: ScreenView, **fields: Any) -> ScreenView:
    """Return a view with other fields."""
    return msgspec.structs.replace(view, **fields)


def drawn(view: ScreenView, width: int = 100, height: int | None = 30) -> list[str]:
    """Return the lines as plain text."""
    return [line.plain for line in lines_of(view, width, height)]


def styles(lines: list[Text]) -> set[str]:
    """Return every style that is used."""
    return {str(span.style) for line in lines for span in line.spans}
