"""The values that knowledge files are read into."""
