"""Cells, borders and drawings of the territory: pure modules without Django."""
