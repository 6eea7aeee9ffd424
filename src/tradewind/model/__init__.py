"""What things are: values, identifiers and the error tree. Imports nothing else of ours."""
