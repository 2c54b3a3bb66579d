"""Data that ships with Foolscope: icons, labels, lists; each with its source and licence in README.md."""
