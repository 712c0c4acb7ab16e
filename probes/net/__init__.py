"""Sockets and network protocols; knows nothing of probes or plans."""
