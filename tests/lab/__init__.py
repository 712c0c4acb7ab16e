"""Networks with faults, made of real servers in network namespaces, for tests and for manual use."""
