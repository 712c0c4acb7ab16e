"""Networks with faults, made of real servers in namespaces, for tests and for people to look around in."""
