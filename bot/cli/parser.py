"""An argument parser that complains the way the rest of the program does."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from bot.errors import UsageError, unknown_word


class Parser(argparse.ArgumentParser):
    """Argparse, with a usage error of one sentence where it would print and leave."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        sentence = message.removeprefix("argument ").rstrip(".")
        raise UsageError(f"{sentence[:1].upper()}{sentence[1:]}; see `{self.prog} --help`.")

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Read *words*, options and the rest in any order; `UsageError` names an option that is not known."""
        options, rest = self.parse_known_intermixed_args(list(words))
        if rest:
            raise unknown_word(f"an option of {self.prog.removeprefix('lineman ')}", rest[0], self.known)
        return options

    @property
    def known(self) -> list[str]:
        """Every option this parser knows, as it is typed."""
        return [word for action in self._actions for word in action.option_strings if word.startswith("--")]
