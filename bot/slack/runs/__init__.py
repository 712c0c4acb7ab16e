"""Start, execute, and recover diagnoses."""
