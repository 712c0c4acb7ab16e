"""Installed version."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """Give the version that is installed."""
    try:
        return installed("lineman")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "unknown"
