"""Formats of files with tables: each module reads the first rows of every sheet from what is there of a file, purely.

Where more of the file is wanted it raises :class:`harvester.profiling.pieces.Wanted`, and is called again once that is
there; so no module touches the network, and none waits for it while others could read.
"""
