"""Messages and tools -> the text of a prompt, one writer for each dialect. Private to `raw`."""
