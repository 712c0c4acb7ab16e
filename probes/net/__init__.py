"""Sockets and network protocols. Does not import checks, runner or relay."""
