"""Finds and reads plates: network, pyramid, suppression, rectification, decoding."""
