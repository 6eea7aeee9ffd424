"""The revisions of the database, forwards and back. Written down as they were made: they must not
look at today's tables.
"""
