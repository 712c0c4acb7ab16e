"""What a message means, and how questions are answered."""
