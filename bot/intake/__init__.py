"""What people paste, read: prose, reports, logs, and the output of tools. Pure: no network, no clock."""
