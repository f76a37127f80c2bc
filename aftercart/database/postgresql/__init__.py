"""Django's PostgreSQL, with less patience when it is away."""
