"""Read the installed version."""

from probes.protocol.version import __version__


def version() -> str:
    """Return the version of this program."""
    return __version__
