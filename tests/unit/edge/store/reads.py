"""The read tables of a test; apart from the samples, which load without SQLAlchemy."""

from pathlib import Path

from tests.unit.edge.store.samples import made
from tradewind.edge.store.read_tables import Projector


def open_projector(path: Path) -> Projector:
    """Open the read tables of a file, made where there is none."""
    return Projector.in_file(made(path))
