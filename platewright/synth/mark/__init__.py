"""A plate's marks: drawn as parameters, given room beside the characters, painted."""
