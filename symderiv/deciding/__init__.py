"""The deciders that ``certify`` asks in turn, each with its scope in its docstring."""
