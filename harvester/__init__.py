"""Floor 2: portals become catalog records. Only this package touches the network."""
