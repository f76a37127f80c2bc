"""django-oscar with its API, as its documentation sets it up: an order and its lines are two requests."""
