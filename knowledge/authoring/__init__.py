"""Tools for authors: skeletons, charts, tables."""
