"""Values that several packages share."""
