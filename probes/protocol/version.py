"""The version of Lineman. pyproject.toml and packaging/relay/pyproject.toml read it from here."""

__version__ = "0.2.0"
