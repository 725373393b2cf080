"""Countersign's command line."""

import os
import sys

NOT_RUNNING = 3
"""Exit status of every command that finds no database."""


PROCESSES = {"sequencer": "sequencer", "signer": "signer", "audit_log": "signer", "audit_key": "signer"}
"""Commands that log in by DATABASE_SEQUENCER_URL, also when they are started by hand."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if process := PROCESSES.get("".join(sys.argv[1:2])):
        os.environ.setdefault("COUNTERSIGN_PROCESS", process)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from audit.unreachable import DatabaseUnreachable
    from config.environment import Misconfigured
    from config.services import why_unreachable

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, Misconfigured) as error:
        sys.exit(str(error))
    except DatabaseUnreachable as error:
        sys.stderr.write(f"{why_unreachable(error)}\n")
        sys.exit(NOT_RUNNING)


if __name__ == "__main__":
    main()
