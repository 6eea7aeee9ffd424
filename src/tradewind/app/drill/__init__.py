"""The drill: the real desk on simulated venues in one process, with virtual time, faults, kills."""
