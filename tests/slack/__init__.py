"""Tests of the Slack bot as Slack would drive it."""
