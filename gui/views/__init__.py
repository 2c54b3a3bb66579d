"""Views draw frames; they never compute and never ask."""
