"""Which proxy leads out, by what the environment says."""

from probes.way_out import proxy_from


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
