"""Backgrounds: photos out of archives and folders, cut into squares."""
