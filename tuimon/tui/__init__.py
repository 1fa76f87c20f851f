"""The screen: a client that folds a source of events and paints what is known."""
