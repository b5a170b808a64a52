"""Floor 2: the catalog answers over HTTP, as JSON and as plain pages."""
