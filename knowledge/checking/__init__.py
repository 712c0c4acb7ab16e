"""Check the knowledge files like code."""
