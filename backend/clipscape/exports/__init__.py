"""What leaves Clipscape as a file: tables, documents and code."""
