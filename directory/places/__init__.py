"""Places of the ecosystem: the national standard and its columns, opening hours."""
