"""Whether sharing improves: what is counted of the catalog on a day, and how that moves."""
