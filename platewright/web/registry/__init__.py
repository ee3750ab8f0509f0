"""The registry: vehicles that are known, and where their plates were seen."""
