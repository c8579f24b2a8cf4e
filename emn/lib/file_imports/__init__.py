"""Files that staff brings in: read whole by a worker, shown, then written whole or not at all."""
