"""The crash drill: the real engine and adapters on a virtual clock and a network in memory."""
