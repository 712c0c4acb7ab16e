"""Free text held against what is known: which cause a story fits, which passage answers a question."""
