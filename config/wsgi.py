"""The application that granian serves."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("COUNTERSIGN_PROCESS", "web")

from django.core.wsgi import get_wsgi_application

from config.checks import refuse_insecure

application = get_wsgi_application()
refuse_insecure()

# A batch of predictions makes some 100,000 objects that are all alive; looking through them again and again
# for circles took 40 % of its time. What is loaded by now stays anyway.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
