"""Drawn data sets: what is drawn, in shards, by which machines, and sheets and videos."""
