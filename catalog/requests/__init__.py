"""Requests for data, followed to an answer: what was asked of whom, how it stands, and what became of it.

Landmark records a request and drafts its message; it sends nothing. Only the requester, the record's owner and holder
and its stewards know of a request; to all others it never existed.
"""
