"""What runs on a relay host; deployable alone, and ignorant of knowledge, bot and Slack."""
