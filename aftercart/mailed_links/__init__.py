"""Ways to one order for who has no account: signed links, and the duty to mail one to whoever asks for it."""
