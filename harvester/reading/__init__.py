"""Reading what portals write, shared by all portal kinds.

Countries, dates, languages, frequencies, licences, formats, access, flags, addresses and markup, a module each.
A function takes what stood in the record, of any type, and either gives one plain value or raises ValueError
with a sentence; nothing here touches the network. :class:`harvester.reading.fields.Fields` turns those errors into
reading notes, so that a record lands whatever is wrong with one of its fields.
"""
