"""The command line: one verb per file.

Knows words and exit codes; must not know how a verb is done.
"""
