"""The values that knowledge files become."""
