"""Commands about one subject each, beside those of :mod:`catalog.cli`."""
