"""Django's PostgreSQL backend, with three changes that our processes need (see `base.py`)."""
