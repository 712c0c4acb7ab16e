"""`python -m bot.cli` is the `lineman` command."""

import sys

from bot.cli.main import main

sys.exit(main())
