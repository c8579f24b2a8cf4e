"""Money in pure formulas: amounts, references, withdrawal, routing, files of the bank."""
