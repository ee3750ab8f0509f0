"""The database's tables, change by change."""
