"""Hostile and broken files by the thousand, seeded, through the road that every file takes. See docs/formats.md."""
