"""What a strategy author works with: the contract, its views and verbs, and the indicators."""
