"""Check that changed sentences follow the list of words to avoid: `python -m tests.voice [--shrink | --accept]`."""

import argparse
import sys
from pathlib import Path

from tests.voice.check import find_offenses, gone, load_baseline, new_offenses, write_baseline
from tests.voice.rules import HERE, load_exceptions, load_words
from tests.voice.sentences import read_sentences

ROOT = HERE.parents[1]


def main(arguments: list[str] | None = None, root: Path = ROOT, tables: Path = HERE) -> int:
    """Check the sentences below *root* by the files in *tables*, print what is wrong; the exit code is 1 if it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.voice", description=__doc__)
    parser.add_argument("--shrink", action="store_true", help="remove from the baseline what was fixed")
    parser.add_argument(
        "--accept", action="store_true", help="accept all of today: only after words.tsv changed"
    )
    options = parser.parse_args(arguments)
    baseline = tables / "baseline.txt"
    exceptions = load_exceptions(tables / "exceptions.tsv")
    words = load_words(tables / "words.tsv")
    offenses, used = find_offenses(read_sentences(root), words, exceptions)
    if options.shrink or options.accept:
        write_baseline(baseline, offenses, None if options.accept else load_baseline(baseline))
    accepted = load_baseline(baseline)
    problems = [line for offense in new_offenses(offenses, accepted) for line in offense.lines(root)]
    problems += [f"exceptions.tsv: no sentence needs this: {each.part}" for each in set(exceptions) - used]
    if fixed := gone(offenses, accepted):
        problems.append(f"{fixed} sentences of the baseline are gone. Run: python -m tests.voice --shrink")
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    print(
        f"voice: {len(problems)} problems; {sum(accepted.values())} older sentences are still to be rewritten"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
