"""What people correct of a record: an overlay over what its source says, applied whenever the record is written."""
