"""Parse arguments with argparse, and report errors in the style of the program."""

import argparse
from collections.abc import Sequence
from typing import Final, NoReturn

from bot.errors import UsageError, unknown_word

NETWORK_FILE: Final = "use this network file instead of Twilio's (docs/network-files.md)"  # help of --network


class Parser(argparse.ArgumentParser):
    """Argparse that raises a one-sentence `UsageError` where argparse prints a message and exits."""

    def error(self, message: str) -> NoReturn:
        """Raise the message that argparse would print."""
        sentence = message.removeprefix("argument ").rstrip(".")
        raise UsageError(f"{sentence[:1].upper()}{sentence[1:]}; see `{self.prog} --help`.")

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse *words*, with options and arguments in any order. `UsageError` names an unknown option."""
        if not any(word.startswith(("-h", "--help")) for word in words):
            # Argparse would format the usage before it parses, for error messages that are not ours. It takes 3 ms.
            self.usage = argparse.SUPPRESS
        options, rest = self.parse_known_intermixed_args(list(words))
        if rest:
            raise unknown_word(f"an option of {self.prog.removeprefix('lineman ')}", rest[0], self.known)
        return options

    @property
    def known(self) -> list[str]:
        """List all options of this parser, as they are typed."""
        return [word for action in self._actions for word in action.option_strings if word.startswith("--")]
