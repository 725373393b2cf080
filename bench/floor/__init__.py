"""The floor that intake is measured against: the least that a Django REST framework view can be that keeps a
prediction. A token, a serializer, one durable insert; no middleware, nothing else."""
