"""A second, naive reading of the domain's rules (D1-D22), to hold the real one against.

Slow and obvious on purpose: it decodes with Python's own means, keeps everything in lists and
folds all of it anew for each question. It imports nothing from `store` or `api`.
"""
