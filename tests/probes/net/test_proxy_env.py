"""Which proxy leads out, by what the environment says."""

import pytest

from probes.net.proxy_env import proxy_from


def test_way_out_follows_the_environment() -> None:
    """HTTPS_PROXY leads out unless NO_PROXY spares the host; our own variable goes before both."""
    url = "wss://hub.example/relay"
    usual = {"HTTPS_PROXY": "http://proxy.example:3128"}
    assert proxy_from(usual, url) == "http://proxy.example:3128"
    assert proxy_from({**usual, "NO_PROXY": ".example"}, url) == ""
    assert proxy_from({**usual, "LINEMAN_RELAY_PROXY": "none"}, url) == ""
    assert (
        proxy_from({**usual, "LINEMAN_RELAY_PROXY": "http://192.0.2.1:8080"}, url) == "http://192.0.2.1:8080"
    )
    assert proxy_from({}, url) == ""


@pytest.mark.parametrize(
    ("spared", "proxy"),
    [
        ("hub.example", ""), ("HUB.example", ""), ("other.test, example", ""), ("*", ""), ("hub.example:8443", ""),
        ("", "http://proxy.example:3128"), ("ub.example", "http://proxy.example:3128"), (",", "http://proxy.example:3128"),
        ("hub.example:443", "http://proxy.example:3128"),
    ],
)  # fmt: skip
def test_who_is_spared(spared: str, proxy: str) -> None:
    """NO_PROXY spares whole names, domains by their labels, one port if it names one, and everybody by a star."""
    environment = {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": spared}
    assert proxy_from(environment, "wss://hub.example:8443/relay") == proxy
