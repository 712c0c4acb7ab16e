"""What the running app knows: context, runs, permissions."""
