"""Adapters: each folder speaks one venue's protocol and translates it, deciding nothing."""
