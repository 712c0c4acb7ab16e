"""Read what users paste: prose, reports, logs, and tool output. Pure: no network, no clock."""
