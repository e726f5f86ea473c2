"""The built-in scenarios, as the files that people copy."""
