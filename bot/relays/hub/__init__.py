"""The hub: relays connect to it, and it dispatches plans to them."""
