"""What a newcomer adds, in a copy of the tree, with nothing but CONTRIBUTING.md to go by."""
