"""How things move: one event after another into the core, one group after another to disk."""
