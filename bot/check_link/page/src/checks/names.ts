/**
 * Proves that a host has an address here: silence of a host, and silence of the DNS server about it, look alike else.
 *
 * A browser gathers ICE candidates for IPv4 and IPv6 apart. Where the name has only IPv4 addresses, as those of the
 * service do, Chromium reports a failed lookup for IPv6 alone. That comes from an answer of the DNS server.
 */

import { sleep } from "../clock";

const PATIENCE = 4000; // ms: by then the attempt to connect has resolved the name, or has not
const SETTLES = 500; // ms in which the other family's lookup would fail as well
const ADDRESS = /^[\d.]+$|:/;

interface LookupError {
  address: string | null;
  errorText: string;
}

/** Whether *host* is known to have an address. False only means that this browser does not show it. */
export async function isNamed(host: string, port: number): Promise<boolean> {
  if (ADDRESS.test(host)) return true;
  if (typeof RTCPeerConnection === "undefined") return false;
  const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:${host}:${port}` }] });
  const failed = new Set<number>();
  try {
    const first = new Promise<void>((resolve) => {
      peer.addEventListener("icecandidateerror", (event) => {
        const { address, errorText } = event as unknown as LookupError;
        if (!address || !/lookup/i.test(errorText)) return;
        failed.add(address.includes(":") ? 6 : 4);
        resolve();
      });
    });
    peer.createDataChannel("name");
    await peer.setLocalDescription(await peer.createOffer());
    await Promise.race([first, sleep(PATIENCE)]);
    await sleep(failed.size ? SETTLES : 0);
    return failed.has(6) && !failed.has(4);
  } catch {
    return false;
  } finally {
    peer.close();
  }
}
