"""History from files: what it is, how it reads, whether it can be trusted. Knows file formats and
trading rules by name; must not know the desk, a venue's connection, or where history is stored.
"""

from tradewind.research.history.catalogue import Source, recognise, sources
from tradewind.research.history.findings import Finding, Findings, Gap, Severity
from tradewind.research.history.instruments import Catalogue
from tradewind.research.history.load import check, load
from tradewind.research.history.resample import resample

__all__ = [
    "Catalogue",
    "Finding",
    "Findings",
    "Gap",
    "Severity",
    "Source",
    "check",
    "load",
    "recognise",
    "resample",
    "sources",
]
