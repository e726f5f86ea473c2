"""The terminal application: the screen, the command line, every way of showing."""
