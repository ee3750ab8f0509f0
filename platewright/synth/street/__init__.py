"""A painted street and the vehicles in it, as a picture and as a drive past a camera."""
