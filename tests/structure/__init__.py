"""The shape of the source tree, counted and held to its limits: `make structure`."""
