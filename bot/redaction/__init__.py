"""Remove secrets and phone numbers from text."""
