"""The clear under one seed: real disks, the services' own decisions, and a world that fails at every turn."""
