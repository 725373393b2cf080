"""The floor that claims are measured against: a bare SKIP LOCKED claim and a view that inserts an answer."""
