"""Data analysis plans: what will be collected, imported from the sheet in which a mission and its partners agree it."""
