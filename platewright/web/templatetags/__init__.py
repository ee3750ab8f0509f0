"""What the templates' language is extended by."""
