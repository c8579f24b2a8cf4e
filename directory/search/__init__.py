"""Search of the directory: words, index, results."""
