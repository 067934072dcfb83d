#!/usr/bin/env python
"""Django's command line."""

import sys

from config.environment import explain_and_exit, prepare


def main() -> None:
    """Run a management command."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    prepare()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        explain_and_exit(error)


if __name__ == "__main__":
    main()
