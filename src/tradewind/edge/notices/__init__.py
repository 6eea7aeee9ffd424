"""Ways out to a person: each one delivers notices to a service that is not ours.

Knows bytes and addresses; decides nothing and shows no secret.
"""
