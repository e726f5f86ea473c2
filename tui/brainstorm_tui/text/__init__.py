"""What a stranger wrote, made safe to show, laid out by cells, with its Markdown drawn."""
