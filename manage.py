#!/usr/bin/env python
"""Django's command line."""

import sys

from config.environment import explain_and_exit, prepare


def main() -> None:
    """Run a management command."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    if sys.argv[1:] == ["make_encryption_key"]:
        # The first key is made before there are settings.
        from accounts.management.commands.make_encryption_key import Command

        Command().run_from_argv(sys.argv)
        return
    prepare()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        explain_and_exit(error)


if __name__ == "__main__":
    main()
