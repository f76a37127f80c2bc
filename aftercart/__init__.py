"""Aftercart: everything a shopper may do with an order after the cart."""

import django_stubs_ext

# Lets managers and query sets name their model in annotations (`QuerySet["Order"]`) at run time too.
django_stubs_ext.monkeypatch()
