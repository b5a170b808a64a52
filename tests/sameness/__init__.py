"""Labelled pairs of recorded records, and the reader of the recordings they are labelled in."""
