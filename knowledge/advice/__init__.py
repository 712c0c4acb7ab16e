"""Fill evidence, fixes and guides with the facts of a case."""
