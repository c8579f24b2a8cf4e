"""Cards in files: the columns, the reading and the writing of CSV and XLSX, a line at a time."""
