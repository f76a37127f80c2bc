"""Whoever ordered without an account: finds the order by number and e-mail, or by a mailed link, and asks the shop.

Number and e-mail can be guessed: that door is for the published storefront, counts every wrong try, and can be closed.
The mailed link is the safe way, and stays.
"""
