"""Pure formulas of the observatory: no Django, no database."""
