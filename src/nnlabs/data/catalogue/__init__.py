"""What can be had, where, and how its content is recognised.

Whichever source answers, the content is checked against the hashes here, so every source gives
the same bytes. A source's own hash only guards its download. For the image folders no hash was
published: they are known by their counts, and by a hash kept from the first fetch.
"""
