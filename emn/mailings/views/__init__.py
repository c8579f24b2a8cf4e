"""What the public and the mail programs reach, by subject."""
