"""Pages over the whole screen, one a file."""
