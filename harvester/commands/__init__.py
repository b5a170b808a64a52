"""Commands of the harvester, one module per noun; the ``landmark`` command joins their apps."""
