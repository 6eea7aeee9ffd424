"""The face on this machine: a socket file in the desk's folder that only its owner may open.

Knows lines of JSON and the requests of control. Whoever may write to the file may do everything,
so the file's mode is the whole access rule.
"""
