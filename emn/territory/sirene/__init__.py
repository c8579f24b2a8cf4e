"""INSEE's stock files of the company register, read as they are shipped. No Django here."""
