"""What is said in threads and messages."""
