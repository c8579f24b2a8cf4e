"""Formulas of the Rendez-vous solutions, without Django."""
