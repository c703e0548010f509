"""The pytest plugin: claim files as tests."""
