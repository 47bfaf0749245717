"""What is read from the tables, one noun a module."""
