"""The engine of brainstorm-tui: roles, rounds and events. It knows no terminal."""
