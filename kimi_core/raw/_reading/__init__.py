"""Raw tokens -> events: a reader for each dialect, over tables of transitions. Private to `raw`."""
