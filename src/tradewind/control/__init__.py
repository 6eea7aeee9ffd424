"""Who may change what, and what may be seen: the plane of operator verbs, and the views.

Knows the desk and its record. Must not know any face, any store, or how a venue is reached.
"""
