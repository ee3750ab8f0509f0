"""One file per network; its name with hyphens is what `--network` and `--reader` take."""
