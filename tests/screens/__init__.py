"""The terminal screens of the documentation, made anew and checked."""
