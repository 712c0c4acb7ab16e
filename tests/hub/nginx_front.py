"""nginx in front of a hub on loopback, as docs/hub.md describes it; on a free port, so that several can run."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.hub.nats_server import free_port


@contextmanager
def nginx_front(folder: Path, tls: Path, upstream: str) -> Iterator[tuple[str, list[int]]]:
    """Terminate TLS for the hub at *upstream*; yield the address and the process ids."""
    port = free_port("127.0.0.1")
    conf = folder / f"nginx-{port}.conf"
    user = "user root; " if os.getuid() == 0 else ""  # else its workers cannot open the socket of the hub
    conf.write_text(f"""{user}daemon off; worker_processes 1; pid {folder}/nginx-{port}.pid;
error_log {folder}/nginx.log; worker_rlimit_nofile 20000;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {tls}; ssl_certificate_key {tls};
    ssl_session_cache shared:relays:10m; ssl_buffer_size 4k;
    location = /relay {{
      proxy_pass http://{upstream};
      proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
      proxy_read_timeout 120s; proxy_send_timeout 120s;
      proxy_buffer_size 4k; proxy_buffers 2 4k; proxy_busy_buffers_size 4k;
    }}
  }}
}}
""")
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    assert nginx
    process = subprocess.Popen([nginx, "-c", str(conf), "-e", str(folder / "nginx.log")])
    try:
        children: list[str] = []
        while not children:
            assert process.poll() is None, (folder / "nginx.log").read_text()
            time.sleep(0.1)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        time.sleep(0.3)
        yield f"127.0.0.1:{port}", [process.pid, *map(int, children)]
    finally:
        process.terminate()
        process.wait()
