"""Networks: what each is made of, its layers, its losses."""
