"""State of the running app: context, runs, permissions."""
