"""The charter: its text, its states, its terms. Pure, but for what reads the data files."""
