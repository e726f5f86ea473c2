"""Screens: they lay out widgets, and turn keys into what the transport does."""
