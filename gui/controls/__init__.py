"""Small controls that panels and views are made of; they know nothing of the session."""
