"""`tradewind drill`: many seeded lives through faults and kills, and whether the books held."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli import options
from tradewind.cli.exits import DIFFERS

if TYPE_CHECKING:
    from tradewind.app.drill.cast import Case
    from tradewind.app.drill.drill import Outcome

SHOWN = 5
"""Sentences of one seed that are printed; JSON and traces have them all."""


def drill(
    seeds: Annotated[int, typer.Option(help="How many lives.", min=1)] = 200,
    first_seed: Annotated[int, typer.Option(help="The first seed.", min=0)] = 1,
    workers: Annotated[int, typer.Option(help="How many at once.", min=1, max=64)] = 1,
    strategy: Annotated[
        list[str] | None,
        typer.Option(help="A strategy's name or file.py, instead of the seeded trader; repeat."),
    ] = None,
    transport: Annotated[
        str, typer.Option(help="wire, or inprocess: paper accounts on the same public data.")
    ] = "wire",
    config: Annotated[
        Path | None, typer.Option(help="A desk.toml whose accounts and instances are run.")
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(help="Where the first failing life, or the only one, is written down."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Try whole desks on simulated venues, with faults and kills.

    Engine, journal and adapters are the real ones; the time is virtual. Each seed draws its
    faults, its deaths and its restarts, and is the same life every time.
    Exits with 3 when anything did not hold.
    """
    from tradewind.app.drill.cast import Case, Transport
    from tradewind.app.drill.drill import drill as run
    from tradewind.app.drill.drill import one
    from tradewind.cli.asking import print_json
    from tradewind.model.errors import ConfigError

    if strategy and config is not None:
        raise ConfigError("Read the options, found --strategy and --config; give one of them.")
    case = Case(
        transport=options.choice(Transport, transport, "--transport"),
        strategies=tuple(strategy or ()),
        config=config,
    )
    progress = _Progress(seeds, case, quiet=as_json)
    began_s = time.monotonic()
    outcomes = run(case, range(first_seed, first_seed + seeds), workers, progress.take)
    failed = [each for each in outcomes if each.wrong]
    if trace is not None and (failed or seeds == 1):
        one(case, (failed or outcomes)[0].seed, trace)
    if as_json:
        print_json(outcomes)
    else:
        typer.echo(_summary(outcomes, time.monotonic() - began_s))
    if failed:
        raise typer.Exit(DIFFERS)


class _Progress:
    """Prints each failing life as it ends, and how long the others will take."""

    def __init__(self, seeds: int, case: "Case", *, quiet: bool) -> None:
        self._left = self._seeds = seeds
        self._case = case
        self._quiet = quiet
        self._drawn = sys.stderr.isatty() and not quiet
        self._began_s = time.monotonic()

    def take(self, outcome: "Outcome") -> None:
        """Hear of a life that has ended."""
        self._left -= 1
        if self._drawn:
            passed_s = time.monotonic() - self._began_s
            left_s = passed_s / (self._seeds - self._left) * self._left
            bar = f"\r{self._seeds - self._left} of {self._seeds} lives, {left_s:.0f} s left "
            typer.echo(bar + ("\n" if not self._left else ""), nl=False, err=True)
        if outcome.wrong and not self._quiet:
            typer.echo(f"{chr(10) if self._drawn else ''}{told(outcome, self._case)}")


def told(outcome: "Outcome", case: "Case") -> str:
    """Return a failing life in words: what was wrong, and how to see it again."""
    lines = [f"seed {outcome.seed} failed:"]
    lines += [f"  {words}" for words in outcome.wrong[:SHOWN]]
    if len(outcome.wrong) > SHOWN:
        lines.append(f"  and {len(outcome.wrong) - SHOWN} more")
    words = ["tradewind drill --seeds 1 --first-seed", str(outcome.seed)]
    words += [f"--strategy {name}" for name in case.strategies]
    words += [] if case.transport.value == "wire" else ["--transport", case.transport.value]
    words += [] if case.config is None else ["--config", str(case.config)]
    return "\n".join([*lines, f"  again: {' '.join(words)} --trace life.txt"])


def _summary(outcomes: "list[Outcome]", took_s: float) -> str:
    failed = [str(each.seed) for each in outcomes if each.wrong]
    met: dict[str, int] = {}
    for each in outcomes:
        for kind, count in each.met.items():
            met[kind] = met.get(kind, 0) + count
    faults = ", ".join(f"{count} {kind}" for kind, count in sorted(met.items())) or "none"
    lives = f"{len(outcomes)} lives" if len(outcomes) > 1 else f"seed {outcomes[0].seed}"
    lines = [
        f"{lives}: {sum(each.deaths for each in outcomes)} deaths, "
        f"{sum(each.orders for each in outcomes)} orders, "
        f"{sum(each.fills for each in outcomes)} fills, in {took_s:.0f} s",
        f"faults met: {faults}",
    ]
    verdict = "every promise held"
    if failed:
        verdict = f"{len(failed)} failed: seeds {', '.join(failed)}"
    return "\n".join([*lines, verdict])
