"""Reading what portals write: dates, frequencies, licences, formats, addresses and markup, shared by all portal kinds.

Each function takes what stood in the record, of any type, and either gives one plain value or raises ValueError
with a sentence; nothing here touches the network. :class:`harvester.reading.fields.Fields` turns those errors into
reading notes, so that a record lands whatever is wrong with one of its fields.
"""
