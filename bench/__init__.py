"""Measurements of the portal: ratios taken in one run on one machine. Run by `make bench`."""
