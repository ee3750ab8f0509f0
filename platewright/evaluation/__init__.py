"""How well plates are found and read, in figures."""
