"""The ``bitspin`` command: arguments in, a call of `bitspin.run`, a table or JSON out.

Read ``app.py`` first: it lists the commands and turns errors into one line and an exit code.
"""
