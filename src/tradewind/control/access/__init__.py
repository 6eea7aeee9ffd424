"""Who may use a desk: people, their sessions and tokens, and what each role may do."""
