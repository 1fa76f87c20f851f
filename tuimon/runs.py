"""Where runs live on disk: a directory each, named by its id; how to make, find and list them, and their sockets."""
