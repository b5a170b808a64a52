"""Floor 1: the subject matter. Records, assessment, storage, disclosure and search; no network, no web framework."""
