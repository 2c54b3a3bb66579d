"""Panels propose requests; they never draw frames."""
