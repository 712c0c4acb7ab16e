"""An allow-list as Terraform: the egress rules of an AWS security group, in HCL.

Pure: no network, no clock. Security groups know addresses only, so names must have been looked up.
"""

import json

from bot.allowlist import AllowList, Entry


def terraform_sg(one: AllowList) -> str:
    """Write one `aws_vpc_security_group_egress_rule` for each range; the group's id is a variable."""
    head = [f"# {line}" for line in one.head()]
    variable = [
        'variable "security_group_id" {',
        '  description = "The security group of the clients"',
        "  type        = string",
        "}",
    ]
    numbered = [(entry, block) for entry in one.entries for block in entry.ranges]
    rules = [_rule(number, entry, block) for number, (entry, block) in enumerate(numbered, 1)]
    return "\n\n".join(["\n".join(head), "\n".join(variable), *rules]) + "\n"


def _rule(number: int, entry: Entry, block: str) -> str:
    low, high = entry.ports
    about = f"{entry.purpose} {entry.host}".strip()
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
    """Quote a text for HCL; `${` and `%{` would begin a template (HCL native syntax, Templates)."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
