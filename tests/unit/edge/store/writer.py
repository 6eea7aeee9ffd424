"""A desk's journal in a process of its own, to be killed: appends groups and tells each commit."""

import sys
from pathlib import Path

from tests.unit.edge.store.samples import open_journal
from tradewind.ports import JournalRow


def main(path: str, durability: str) -> None:
    """Append until killed; print the last sequence number after each commit."""
    journal = open_journal(Path(path), durability=durability)
    epoch = journal.take_lease("victim")
    seq = journal.last_seq()
    print("ready", flush=True)  # noqa: T201 - the parent reads it
    while True:
        rows = []
        for _ in range(1 + seq % 13):
            seq += 1
            payload = b'{"n":"%s"}' % (b"x" * (seq % 700))
            rows += [JournalRow(seq, each, epoch, seq, "Noted", payload) for each in (0, 1)]
        journal.append(rows)
        print(seq, flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
