"""The comparison with other classes: what is run, how it is judged, and how it is written down.

Owns: the package alone. `relay` stands between a class and a simulator, `classes` makes each class
as its own documents say, `langchain_side` and `llama_index_side` ask it through its framework,
`rows` are the behaviours, `page` writes what came of them.
"""
