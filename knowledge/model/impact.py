"""What a cause does to calls.

Pure data.
"""

from typing import Final, Literal, TypeAlias

# Explains a failed connection or missing audio; explains poor quality or dropped calls; affects nobody now.
Impact: TypeAlias = Literal["blocks", "degrades", "risk"]
IMPACTS: Final[tuple[Impact, ...]] = ("blocks", "degrades", "risk")  # the gravest first
