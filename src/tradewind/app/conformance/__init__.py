"""The conformance suite: numbered cards, each one promise that every venue adapter must keep."""
