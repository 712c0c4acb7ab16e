/** Shows that packets pass through the TURN server both ways, without the media ports of this network. */

import { sleep } from "../clock";

const PATIENCE = 3000; // ms for the echo: longer than TCP takes to send a lost packet four times
const POLL = 100; // ms

export interface RelayPath {
  /** Whether a message goes to the server, from there to a second peer on it, and back, at this moment. */
  isAlive: () => Promise<boolean>;
  close: () => void;
}

/** Connect two peers that both are reachable only through *turn*. */
export async function openRelayPath(turn: RTCIceServer): Promise<RelayPath> {
  const settings: RTCConfiguration = { iceServers: [turn], iceTransportPolicy: "relay" };
  const [near, far] = [new RTCPeerConnection(settings), new RTCPeerConnection(settings)];
  const channel = near.createDataChannel("path");
  let echoes = 0;
  channel.addEventListener("message", () => (echoes += 1));
  far.addEventListener("datachannel", ({ channel: other }) => {
    other.addEventListener("message", ({ data }) => other.readyState === "open" && other.send(data));
  });
  for (const [from, to] of [[near, far], [far, near]] as const) {
    from.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate?.candidate) void described(to).then(() => to.addIceCandidate(candidate)).catch(() => undefined);
    });
  }
  await near.setLocalDescription(await near.createOffer());
  await far.setRemoteDescription(near.localDescription!);
  await far.setLocalDescription(await far.createAnswer());
  await near.setRemoteDescription(far.localDescription!);
  return {
    isAlive: async () => {
      const [end, before] = [performance.now() + PATIENCE, echoes];
      let isSent = false;
      while (echoes === before && performance.now() < end) {
        if (!isSent && channel.readyState === "open") {
          channel.send("?");
          isSent = true;
        }
        await sleep(POLL);
      }
      return echoes > before;
    },
    close: () => {
      near.close();
      far.close();
    },
  };
}

/** Resolve when *peer* knows the other one, and can take its candidates. */
export async function described(peer: RTCPeerConnection): Promise<void> {
  while (!peer.remoteDescription && peer.signalingState !== "closed") await sleep(10);
}
