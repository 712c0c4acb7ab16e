"""The relay process: its identity, its connection to the hub, and the plans that it accepts."""
