"""Answers, causes and the tree: from observations to a diagnosis."""
