"""What is reported to funders, without database: figures, deltas, draws, sizes. Pure."""
