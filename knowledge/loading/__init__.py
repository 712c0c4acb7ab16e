"""Read, validate and cache the knowledge files."""
