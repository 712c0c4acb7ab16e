"""Several hubs and several bots over NATS. Nothing here is imported unless `LINEMAN_NATS` is set."""

from bot.errors import UsageError

try:
    import nats as nats
except ImportError as missing:
    raise UsageError(
        "LINEMAN_NATS needs the package nats-py. Install it with: pip install 'lineman[nats]'"
    ) from missing
