"""Write an allow-list as Terraform: the egress rules of an AWS security group, in HCL.

Pure: no network, no clock. Security groups support addresses only, so names must be resolved before.
"""

import json

from bot.allowlist.model import AllowList, Entry


def terraform_sg(allowlist: AllowList) -> str:
    """Write one `aws_vpc_security_group_egress_rule` per range; the group's id is a variable."""
    head = [f"# {line}" for line in allowlist.head()]
    variable = [
        'variable "security_group_id" {',
        '  description = "The security group of the clients"',
        "  type        = string",
        "}",
    ]
    numbered = [(entries, block) for entries in allowlist.rules for block in entries[0].ranges]
    rules = [_rule(number, entries, block) for number, (entries, block) in enumerate(numbered, 1)]
    return "\n\n".join(["\n".join(head), "\n".join(variable), *rules]) + "\n"


def _rule(number: int, entries: tuple[Entry, ...], block: str) -> str:
    entry = entries[0]
    low, high = entry.ports
    about = "; ".join(f"{item.purpose} {item.host}".strip() for item in entries)
    lines = [
        f'resource "aws_vpc_security_group_egress_rule" "lineman_{number}" {{',
        "  security_group_id = var.security_group_id",
        f"  description       = {_quoted(about)}",
        f"  ip_protocol       = {_quoted(entry.transport)}",
        f"  from_port         = {low}",
        f"  to_port           = {high}",
        f"  cidr_ipv4         = {_quoted(block)}",
        "}",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Quote a text for HCL; `${` and `%{` would start a template (HCL native syntax, Templates)."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
