"""Guests, who ordered without an account: they find their order by number and e-mail, or by a mailed link.

Number and e-mail can be guessed: that way is for the published storefront, counts every wrong try, and can be switched
off. The mailed link is the safe way, and always there.
"""
