"""Find pages, fetch them politely, and keep what came over the wire."""
