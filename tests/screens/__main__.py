"""Print the screens and their heights, or write them into the documentation: `python -m tests.screens [--write]`."""

import sys

from tests.screens.screens import BEFORE, FILES, filled, screen, table

if sys.argv[1:] == ["--write"]:
    for file in FILES:
        file.write_text(filled(file.read_text("utf-8")), "utf-8")
else:
    print(*(f"{name}\n\n{screen(name, 80)}\n" for name in BEFORE), *table(), sep="\n")
