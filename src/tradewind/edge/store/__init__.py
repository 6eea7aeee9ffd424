"""What lasts: journal, event log, snapshots, read tables and the bus. One file of the room is one
port in one technology. It knows files and databases; it must not know what a row means to trading,
except for the read tables, which fold committed news and are told every result.
"""
