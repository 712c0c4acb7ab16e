"""What runs on a relay host; deployable alone, and ignorant of knowledge, bot and Slack."""

__version__ = "0.1.0"
