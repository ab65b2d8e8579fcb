"""The commands: their words, options and output."""
