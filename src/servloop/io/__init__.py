"""Readers and writers: the only place of the library that opens files of users."""
