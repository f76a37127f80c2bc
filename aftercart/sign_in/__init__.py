"""Ways to sign in beside a password: a mailed link, the shop's own login (OpenID Connect), the storefront's word."""
