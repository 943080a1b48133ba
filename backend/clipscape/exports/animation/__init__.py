"""A run as a GIF: panels, arrows, curves, drawn on the server and written by Pillow."""
