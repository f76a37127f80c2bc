"""The demo: believable people and orders, and `python -m aftercart.demo`, which runs everything with them."""
