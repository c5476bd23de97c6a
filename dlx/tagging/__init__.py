"""What people say about errors: the sample they look at, the log of their tags, and the spreadsheet between."""
