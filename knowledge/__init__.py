"""What is known about the service, and how it decides: no network, no clock, no Slack."""
