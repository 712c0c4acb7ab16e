"""List the output formats of an allow-list by name."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from bot.allowlist.appliances import cisco_asa, pan_os
from bot.allowlist.cloud import terraform_sg
from bot.allowlist.fortios import fortios
from bot.allowlist.linux import iptables, nft
from bot.allowlist.meraki import meraki
from bot.allowlist.model import AllowList
from bot.allowlist.page import html
from bot.allowlist.plain import as_csv, as_json, text

ListFormat: TypeAlias = Callable[[AllowList], str]

FORMS: Final[Mapping[str, ListFormat]] = {
    "text": text,
    "csv": as_csv,
    "json": as_json,
    "nft": nft,
    "iptables": iptables,
    "terraform-sg": terraform_sg,
    "pan-os": pan_os,
    "cisco-asa": cisco_asa,
    "fortios": fortios,
    "meraki": meraki,
    "html": html,
}

# These formats know only addresses, so names must be resolved for them.
BY_ADDRESS: Final = frozenset({"nft", "iptables", "terraform-sg"})
