"""The window in which a network is taught classes of the user's own, from folders of pictures."""
