"""What the back office's pages share: pages that only show, duties to try again, and the front page.

Knows no app: each app's `admin.py` says what it shows, and the front page asks whatever pages are registered. Only the
navigation names them all.
"""
