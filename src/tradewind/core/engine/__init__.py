"""The one function: `step(desk, event) -> effects`, and the state that only it changes."""
