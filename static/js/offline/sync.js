// Keeps a device in step with the portal: what waits goes out in its order, then the news come in.
// Windows of one device take turns (Web Locks). Nothing leaves the queue before it was answered.
//
//   const step = keepInStep({ name: "door:7", queue, push, pull, seconds: 5, onState });
//   await step.now();
//
// `push(acts)` sends them and returns the client_id of those that were answered; `pull()` reads the
// news. Either throws SignedOut when somebody must sign in again; any other failure is the network's.
// `onState("online" | "offline" | "signed-out")` is called after each turn.
export class SignedOut extends Error {}

const BATCH = 25;
const TIMEOUT_MS = 8000;

// Reads an address of the portal: a redirect means the sign-in page; a fault of the portal, or of what
// stands before it, is as good as no network.
export async function ask(url, options = {}) {
  const response = await fetch(url, {
    credentials: "same-origin", cache: "no-store", redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS), ...options,
  });
  if (response.type === "opaqueredirect" || response.status === 401) throw new SignedOut();
  if (response.status >= 500) throw new Error(`status ${response.status}`);
  return response;
}

export function keepInStep({ name, queue, push, pull, seconds, onState }) {
  let turn = null;

  async function goOut() {
    for (;;) {
      const acts = await queue.all();
      if (!acts.length) return;
      const answered = await push(acts.slice(0, BATCH));
      await queue.settle(answered);
      if (!answered.length) return;
    }
  }

  async function take() {
    try {
      await goOut();
      await pull();
      onState("online");
    } catch (error) {
      onState(error instanceof SignedOut ? "signed-out" : "offline");
    }
  }

  const alone = () => (navigator.locks ? navigator.locks.request(`emn-${name}`, take) : take());

  // Asked for while a turn is under way, another follows it: what came meanwhile goes out too.
  function now() {
    const before = turn;
    const mine = (async () => {
      if (before) await before;
      await alone();
    })();
    turn = mine;
    return mine;
  }

  let timer = 0;
  async function beat() {
    clearTimeout(timer);
    if (document.visibilityState === "visible") await now();
    timer = setTimeout(beat, seconds * 1000);
  }

  addEventListener("online", beat);
  addEventListener("offline", () => onState("offline"));
  document.addEventListener("visibilitychange", beat);
  beat();
  return { now };
}
