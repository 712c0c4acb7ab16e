"""What relay and hub say to each other: values, signatures, messages."""
