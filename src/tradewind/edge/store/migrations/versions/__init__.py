"""One file for each revision, oldest number first."""
