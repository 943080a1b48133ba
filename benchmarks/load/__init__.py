"""`make load`: what the server does when a lecture hall uses it, over loopback."""
