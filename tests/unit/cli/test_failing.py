"""Which error counts where several tasks ended together."""

import pytest

from tradewind.cli.failing import ended, the_one
from tradewind.model.errors import ConfigError, Fenced, JournalError

LOST = ConfigError("found nothing; give it.")
FULL = JournalError("found no room; make some.")
TAKEN = Fenced("found another desk; stop it.")
BUG = ValueError("a mistake")


@pytest.mark.parametrize(
    ("errors", "counts"),
    [
        ((LOST,), LOST),
        ((LOST, FULL), FULL),
        ((FULL, TAKEN), TAKEN),
        # A mistake of the program is never hidden behind what it led to.
        ((TAKEN, BUG), BUG),
    ],
)
def test_of_several_errors_the_gravest_is_told(
    errors: tuple[Exception, ...], counts: Exception
) -> None:
    nested = ExceptionGroup("outer", [ExceptionGroup("inner", errors)])
    assert the_one(nested) is counts


def test_a_group_ends_with_one_sentence_and_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(ExceptionGroup("tasks", [ExceptionGroup("more", [FULL])]), ["up"]) == 3
    assert capsys.readouterr().err == "tradewind: found no room; make some.\n"
