"""Run the checks in stages, the quickest first, and print the minutes each one took.

usage: tests/stages.py [fast] [walks] [simulation] [e2e] [-- arguments for pytest]

Without a name every stage runs. A stage runs all its steps, so that one round shows every fault;
the first stage that fails is the last to run. Exits with 1 then, with 2 on a wrong name.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
NOTHING_CHOSEN = 5
"""How pytest ends when no test was left to run."""
# Neighbours stay in one process, so that what a module makes, or a file parsed, is made once.
PARALLEL = ("-n", "2", "--dist", "worksteal")


class Step(msgspec.Struct, frozen=True):
    """What Python runs, on those of `paths` that are there."""

    name: str
    command: tuple[str, ...]
    paths: tuple[str, ...] = ()

    def words(self, pytest_arguments: list[str]) -> list[str]:
        """Return the full command line; empty when none of its paths is there."""
        there = [path for path in self.paths if (ROOT / path).exists()]
        if self.paths and not there:
            return []
        extra = pytest_arguments if "pytest" in self.command else []
        return [sys.executable, "-P", *self.command, *there, *extra]


class Outcome(msgspec.Struct, frozen=True):
    """What became of one step."""

    stage: str
    step: str
    minutes: float
    exit_code: int


# import-linter has no `-m` of its own.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
PYTHON_ROOTS = ("src", "tests", "bench")
STAGES: dict[str, tuple[Step, ...]] = {
    "fast": (
        Step("format", ("-m", "ruff", "format", "--check"), PYTHON_ROOTS),
        Step("lint", ("-m", "ruff", "check"), PYTHON_ROOTS),
        Step(
            "types",
            (
                "-m",
                "mypy",
            ),
            PYTHON_ROOTS,
        ),
        Step("imports", ("-c", LINT_IMPORTS)),
        Step(
            "tidy and unit",
            ("-m", "pytest", *PARALLEL, "-m", "not sockets"),
            ("tests/tidy", "tests/unit"),
        ),
    ),
    "walks": (
        Step(
            "walks",
            (
                "-m",
                "pytest",
            ),
            ("tests/walks",),
        ),
        Step("api", ("-m", "pytest"), ("tests/api",)),
        Step("sockets", ("-m", "pytest", *PARALLEL, "-m", "sockets"), ("tests/unit",)),
        Step("conformance", ("-m", "pytest", *PARALLEL), ("tests/conformance",)),
        Step("referees", ("-m", "pytest", *PARALLEL), ("tests/referees",)),
    ),
    "simulation": (Step("simulation", ("-m", "pytest", *PARALLEL), ("tests/simulation",)),),
    "e2e": (
        Step(
            "e2e",
            ("-m", "pytest", "-m", "not browser"),
            ("tests/e2e",),
        ),
        Step("browser", ("-m", "pytest", "-m", "browser"), ("tests/e2e",)),
    ),
}


def environment() -> dict[str, str]:
    """Return what a step finds around it: ours, but what Python compiles is kept for the next."""
    # Else every process of every step would compile all that it loads anew.
    return {name: word for name, word in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run_stage(stage: str, pytest_arguments: list[str]) -> list[Outcome]:
    """Run every step of a stage and return what became of each."""
    outcomes = []
    for step in STAGES[stage]:
        words = step.words(pytest_arguments)
        if not words:
            continue
        print(f"\n── {stage}: {step.name}", flush=True)
        started = time.monotonic()
        exit_code = subprocess.call(words, cwd=ROOT, env=environment())
        if exit_code == NOTHING_CHOSEN and pytest_arguments:
            # What was asked for lies in another step.
            exit_code = 0
        outcomes.append(Outcome(stage, step.name, (time.monotonic() - started) / 60, exit_code))
    return outcomes


def print_table(outcomes: list[Outcome]) -> None:
    """Print a row for each step and the total."""
    print(f"\n{'stage':<12} {'step':<14} {'minutes':>7}  result")
    for row in outcomes:
        result = "passed" if row.exit_code == 0 else f"FAILED ({row.exit_code})"
        print(f"{row.stage:<12} {row.step:<14} {row.minutes:>7.2f}  {result}")
    total = sum(row.minutes for row in outcomes)
    print(f"{'total':<27} {total:>7.2f}")


def main(arguments: list[str]) -> int:
    """Run the stages named in `arguments`, or all; return the exit code."""
    # Whoever called us may have taken the dashes for its own.
    cut = next((at for at, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    names, pytest_arguments = arguments[:cut] or list(STAGES), arguments[cut:]
    if pytest_arguments[:1] == ["--"]:
        del pytest_arguments[0]
    unknown = [name for name in names if name not in STAGES]
    if unknown:
        print(f"There is no stage {unknown[0]!r}; choose from: {', '.join(STAGES)}.")
        return 2
    outcomes: list[Outcome] = []
    for stage in names:
        outcomes += run_stage(stage, pytest_arguments)
        if any(row.exit_code for row in outcomes):
            break
    print_table(outcomes)
    return 1 if any(row.exit_code for row in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
