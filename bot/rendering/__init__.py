"""One diagnosis, several ways to read it: terminal, JSON, and the words both use."""
