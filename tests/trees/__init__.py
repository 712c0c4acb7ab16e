"""The decision trees of every code, drawn by the tools that people draw them with."""
