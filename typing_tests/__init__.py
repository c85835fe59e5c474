"""Programs as users write them, which mypy and pyright read and nobody runs.

Owns: what an editor shows of the public names. ``assert_type`` says which type a result has. A line
with an ignore is a mistake that both must find: where one of them finds none, the ignore itself is
the error (``warn_unused_ignores`` of mypy, ``reportUnnecessaryTypeIgnoreComment`` of pyright).
"""
