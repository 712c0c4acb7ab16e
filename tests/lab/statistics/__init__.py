"""How often diagnoses are right on bad lines: many runs of each kind of line, as a table of what must hold."""
