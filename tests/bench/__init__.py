"""Speed, beside what people use today, in one run: `make bench`. Needs root; nothing leaves this machine."""
