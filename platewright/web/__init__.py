"""The web page, the API and the vehicle registry: a Django project; `manage.py` runs it."""
