"""The page of a check link: how it is built, its languages, and what it does in a real browser."""
