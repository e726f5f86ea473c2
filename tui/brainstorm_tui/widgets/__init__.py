"""Widgets: thin; they take lines and show them."""
