"""The same endpoints as most would write them: Django REST framework, ModelSerializer, prefetch, `requests`, gunicorn.

Runs in an environment of its own, on the product's tables; nothing of the product is imported.
"""
