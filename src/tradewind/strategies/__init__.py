"""The built-in strategies. Each sees the strategy contract and the model, and nothing else.

Importing this room loads no strategy; `catalogue` says where each one is.
"""
