"""The relay protocol: values, signatures, and messages."""
