"""Reading files of people: each line alone, then all of them together in a temporary table."""
