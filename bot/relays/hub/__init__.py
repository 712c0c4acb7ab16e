"""The hub: where relays dial in, and where plans are handed to them."""
