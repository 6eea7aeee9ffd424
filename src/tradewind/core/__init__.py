"""What we decide: synchronous, pure, deterministic. No clock, I/O, randomness or logging."""
