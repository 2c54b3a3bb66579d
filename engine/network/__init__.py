"""Looking inside a network: what it is made of, what every layer gives, and what hangs on it."""
