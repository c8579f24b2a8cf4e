"""The formulas of the showrooms. Pure: no Django, no clock, no database."""
