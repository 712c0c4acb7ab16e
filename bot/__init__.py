"""The people side: what was asked, what is run for it, and how the answer reads."""
