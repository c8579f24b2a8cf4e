// The door of a session, with or without network. Each act goes to the queue of the device first, then
// to the portal; when the portal is slow or away, the list kept on the device answers meanwhile. The
// portal's word wins: where it differs, both are shown. Without this script, forms do the same online.
import { openCamera } from "./camera.js";
import { forgetPage, keepPage } from "./offline/pages.js";
import { openQueue } from "./offline/queue.js";
import { SignedOut, ask, keepInStep } from "./offline/sync.js";
import { openVault } from "./offline/vault.js";

const POLL_S = 5;
const PATIENCE_MS = 1500; // how long somebody at the door waits for the portal
const LISTED = 40;
const LOGGED = 6;
const TICKET = /(?:^|\/billet\/)([\w-]{22})\/?\s*$/;
const SOUNDS = { success: [[880, 0.09]], info: [[660, 0.09]], alert: [[220, 0.18], [180, 0.25]] };
const BUZZES = { success: [60], info: [60], alert: [120, 80, 120] };

const root = document.querySelector("[data-emn-door]");
const words = JSON.parse(document.getElementById("door-words").textContent);
const id = root.dataset.emnDoor;
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const plural = new Intl.PluralRules(document.documentElement.lang);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const counted = (pair, n, more = {}) => fill(pair[plural.select(n) === "one" ? 0 : 1], { n, ...more });
const hourOf = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

function fold(text) {
  return text.toLowerCase().replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/ß/g, "ss")
    .normalize("NFD").replace(/\p{M}/gu, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean);
}

async function digest(text) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

function icon(name) {
  const drawn = document.getElementById("door-icons").content.querySelector(`[data-drawing="${name}"]`);
  return drawn.firstElementChild.cloneNode(true);
}

// --- What is seen and heard ---

let sound = null;

function ring(tone) {
  navigator.vibrate?.(BUZZES[tone]);
  if (!part("sound").querySelector("input").checked) return;
  sound ??= new AudioContext();
  sound.resume?.();
  let at = sound.currentTime;
  for (const [pitch, length] of SOUNDS[tone]) {
    const voice = sound.createOscillator();
    const loudness = sound.createGain();
    voice.frequency.value = pitch;
    voice.type = tone === "alert" ? "square" : "sine";
    loudness.gain.value = 0.15;
    voice.connect(loudness).connect(sound.destination);
    voice.start(at);
    voice.stop(at + length);
    at += length + 0.04;
  }
}

function showVerdict({ tone, title, text, isPending }) {
  const box = element("div", `verdict verdict-${tone}`);
  const said = element("div");
  if (title) said.append(element("p", "verdict-title", title));
  said.append(element("p", "", text));
  if (isPending) said.append(element("p", "verdict-pending", words.pending));
  box.append(icon(tone), said);
  part("verdict").replaceChildren(box);
}

// --- The device ---

const vault = await openVault("door");
if (vault) await start();
else showLine("unkept");

function showLine(state, { waiting = 0, extra = "" } = {}) {
  const line = part("line");
  const said = [words[state]];
  if (waiting) said[0] += `, ${counted(words.waiting, waiting)}`;
  if (extra) said.push(extra);
  line.hidden = false;
  line.dataset.state = state;
  const text = said.join(" · ");
  if (line.dataset.said === text) return;
  line.dataset.said = text;
  line.replaceChildren(icon(state === "online" ? "success" : "alert"), element("span", "", text));
  if (state === "signedOut") {
    const link = element("a", "", words.signIn);
    link.href = root.dataset.signIn;
    line.append(" ", link);
  }
}

async function start() {
  const names = { list: `list:${id}`, log: `log:${id}` };
  let list = await vault.get(names.list);
  let log = (await vault.get(names.log)) ?? [];
  let csrf = root.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  let state = navigator.onLine ? "online" : "offline";
  let replayed = "";
  let isToldOver = false;
  let people = new Map();
  const onDevice = { list: Boolean(list), page: false };
  const now = () => new Date(Date.now() + (list?.skew ?? 0));
  const queue = openQueue(vault, names.list, now);

  await forgetOver();
  await recount();
  drawLog();

  // Lists of sessions that are over leave the device, whichever door is opened; acts stay until sent.
  async function forgetOver() {
    for (const name of await vault.names()) {
      if (!name.startsWith("list:")) continue;
      const kept = await vault.get(name);
      if (Date.now() < Date.parse(kept.until)) continue;
      const over = name.slice("list:".length);
      const waits = (await vault.all()).some((row) => row.value.topic === name);
      if (waits) {
        await vault.put(name, { ...kept, people: [] });
        continue;
      }
      await vault.remove(name);
      await vault.remove(`log:${over}`);
      if (kept.page) await forgetPage("door", kept.page);
    }
    if (list && Date.now() >= Date.parse(list.until)) list = undefined;
  }

  // The list as the portal gave it, with what waits here on top of it.
  async function recount() {
    people = new Map((list?.people ?? []).map((person) => [person.id, { ...person }]));
    const acts = await queue.all();
    for (const act of acts) apply(act);
    showLine(state === "signed-out" ? "signedOut" : state, { waiting: acts.length, extra: replayed });
    if (!list) return;
    drawCounts();
    drawPeople();
  }

  function apply(act) {
    const person = people.get(act.person);
    if (!person || !act.counts) return;
    Object.assign(person, act.do === "undo" ? { state: "coming", at: null, by: "" } : { state: "present", at: act.at, by: "" });
  }

  // What this device can say by itself.
  async function judge({ do: what, code, entry }) {
    const title = (person) => person?.name ?? "";
    if (!list) return { tone: "info", title: "", text: words.noList, counts: false };
    let person = people.get(entry);
    if (what === "scan") {
      const secret = TICKET.exec(code.trim())?.[1] ?? "";
      const hash = await digest(secret);
      person = [...people.values()].find((one) => one.hash === hash);
    }
    const said = { person: person?.id, title: title(person), counts: false, tone: "alert" };
    if (!person) return { ...said, text: fill(words.unknown, { hour: hourOf(list.at) }) };
    if (what === "undo") return { ...said, tone: "info", text: words.undone, counts: true };
    if (person.state === "present") {
      const values = { hour: person.at ? hourOf(person.at) : "", agent: person.by };
      return { ...said, text: fill(person.by ? words.alreadyBy : words.already, values) };
    }
    if (!["coming", "absent"].includes(person.state)) return { ...said, text: fill(words.noSeat, { status: person.words }) };
    const more = [person.company, person.people > 1 && counted(words.people, person.people), person.unpaid && words.unpaid];
    return { ...said, tone: "success", text: [words.ok, ...more].filter(Boolean).join(" · "), counts: true };
  }

  const waited = (ms) => new Promise((done) => setTimeout(done, ms));

  async function act(what) {
    const local = await judge(what);
    const kept = await queue.add({ ...what, person: local.person, counts: local.counts });
    apply(kept);
    const line = { client_id: kept.client_id, at: kept.at, tone: local.tone, title: local.title, text: local.text, isPending: true };
    log = [line, ...log];
    await keepLog();
    replayed = "";
    await recount();
    const turn = step.now();
    if (state === "online") await Promise.race([turn, waited(PATIENCE_MS)]);
    const told = log.find((one) => one.client_id === kept.client_id) ?? line;
    told.isShown = true;
    showVerdict(told);
    ring(told.tone);
    await keepLog();
    drawLog();
  }

  // --- In step with the portal ---

  async function push(acts) {
    const send = () => ask(root.dataset.acts, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ acts: acts.map(({ client_id, do: what, at, code, entry }) => ({ client_id, do: what, at, code, entry })) }),
    });
    if (!csrf) await pull({ whole: true });
    let response = await send();
    if (response.status === 403) { // signed in again since: the token is another
      await pull({ whole: true });
      response = await send();
    }
    if (response.status === 403) throw new SignedOut();
    if (!response.ok) throw new Error(`status ${response.status}`);
    const { acts: answers } = await response.json();
    let held = 0;
    let differences = 0;
    for (const answer of answers) {
      const line = log.find((one) => one.client_id === answer.client_id);
      if (!line) continue;
      const differs = line.tone !== answer.tone;
      if (line.isShown) {
        held += 1;
        if (differs) {
          differences += 1;
          Object.assign(line, { isConflict: true, shown: line.text });
        }
      }
      const isLast = log[0] === line && line.isShown;
      Object.assign(line, { tone: answer.tone, title: answer.title || line.title, text: answer.text, isPending: false });
      if (isLast) {
        showVerdict(line);
        if (differs) ring(line.tone);
      }
    }
    if (held) {
      replayed = counted(words.replayed, held, { hour: hourOf(Date.now()) });
      if (differences) replayed += `, ${counted(words.differences, differences)}`;
    }
    await keepLog();
    drawLog();
    return answers.map((answer) => answer.client_id);
  }

  async function pull({ whole = false } = {}) {
    const headers = list?.etag && !whole ? { "If-None-Match": list.etag } : {};
    const asked = Date.now();
    const response = await ask(root.dataset.list, { headers });
    if (response.status === 403) throw new SignedOut();
    const skew = Date.parse(response.headers.get("X-Emn-Now")) - (asked + Date.now()) / 2;
    if (response.status === 304) Object.assign(list, { at: Date.now() + skew, skew });
    else if (!response.ok) throw new Error(`status ${response.status}`);
    else {
      const { csrf: token, ...fresh } = await response.json();
      csrf = token;
      const isOver = Date.now() + skew >= Date.parse(fresh.until);
      list = { ...fresh, etag: response.headers.get("ETag"), skew, at: Date.now() + skew, page: root.dataset.page };
      if (isOver && !isToldOver) showVerdict({ tone: "info", title: "", text: words.over });
      isToldOver = isOver;
    }
    await vault.put(names.list, list);
    onDevice.list = true;
    sayIfKept();
    await forgetOver();
  }

  // Kept: this door opens again and knows its people without network.
  function sayIfKept() {
    if (onDevice.list && onDevice.page) root.dataset.kept = "";
  }

  const step = keepInStep({
    name: names.list, queue, push, pull, seconds: POLL_S,
    onState: async (now) => {
      state = now;
      await recount();
    },
  });

  // --- What the page shows of it ---

  function drawCounts() {
    const sums = {};
    for (const person of people.values()) {
      const pool = (sums[person.mode] ??= { present: 0, expected: 0, waiting: 0 });
      if (person.state === "present") pool.present += person.people;
      if (["present", "coming"].includes(person.state)) pool.expected += person.people;
      if (person.state === "waiting") pool.waiting += person.people;
    }
    const pools = Object.entries(sums);
    const total = (name) => pools.reduce((sum, [, pool]) => sum + pool[name], 0);
    const line = element("p", "door-count");
    line.append(element("strong", "", String(total("present"))), ` ${counted(words.ofExpected, total("expected"))}`);
    const lines = element("ul", "door-pools");
    for (const [mode, pool] of pools) {
      const row = element("li");
      if (pools.length > 1) row.append(element("span", "muted", list.modes[mode]), " ");
      row.append(element("strong", "", String(pool.present)), `/${pool.expected}`);
      if (pool.waiting) row.append(` · ${counted(words.queued, pool.waiting)}`);
      lines.append(row);
    }
    part("counts").replaceChildren(line, ...(pools.length > 1 || total("waiting") ? [lines] : []));
  }

  function drawPeople() {
    const place = part("people");
    if (!place) return;
    const wanted = fold(document.getElementById("q").value);
    const holds = (person) => {
      const there = fold([person.name, person.company, ...person.companions].join(" "));
      return wanted.every((start) => there.some((word) => word.startsWith(start)));
    };
    const found = [...people.values()].filter((person) => ["coming", "absent", "present"].includes(person.state) && holds(person));
    const shape = part("person").content;
    const lines = element("ul", "door-people");
    for (const person of found.slice(0, LISTED)) {
      const row = shape.cloneNode(true).firstElementChild;
      row.querySelector("strong").textContent = person.name;
      if (person.people > 1) row.querySelector("[data-people]").textContent = ` × ${person.people}`;
      const pool = Object.keys(list.modes).length > 1 && list.modes[person.mode];
      row.querySelector(".muted").textContent = [person.company, pool].filter(Boolean).join(" · ");
      if (person.companions.length) row.querySelector(".door-along").append(element("br"), fill(words.along, { names: person.companions.join(", ") }));
      if (person.unpaid) row.querySelector(".door-owes").append(" ", element("span", "badge badge-alert", words.unpaid));
      const acts = row.querySelector(".door-acts");
      const isIn = person.state === "present";
      const isSaid = row.querySelector(".door-in");
      if (isIn) isSaid.append(element("span", "badge badge-success", words.in));
      const button = element("button", `button button-${isIn ? "quiet" : "plain"}`, isIn ? words.undo : words.enter);
      button.type = "button";
      button.dataset.entry = person.id;
      button.dataset.do = isIn ? "undo" : "enter";
      button.setAttribute("aria-label", `${button.textContent}, ${person.name}`);
      acts.append(button);
      if (isIn && state === "online") {
        const badge = element("a", "", words.badge);
        badge.href = root.dataset.badge.replace(/0(?=\.pdf$)/, person.id);
        badge.target = "_blank";
        badge.setAttribute("aria-label", `${words.badge}, ${person.name}`);
        isSaid.append(" ", badge);
      }
      lines.append(row);
    }
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset.entry : null;
    const over = found.length - LISTED;
    place.replaceChildren(...(found.length ? [lines] : [element("p", "", words.nobody)]));
    if (over > 0) place.append(element("p", "muted", counted(words.more, over)));
    if (focused) place.querySelector(`[data-entry="${focused}"]`)?.focus();
  }

  // Differences stay until somebody has seen them; the rest is the last few acts of this device.
  function drawLog() {
    const lines = log.slice(0, LOGGED).map((line) => {
      const row = element("li");
      const time = element("time", "", hourOf(line.at));
      time.dateTime = line.at;
      row.append(time, icon(line.isPending ? "pending" : line.tone), [line.title, line.text].filter(Boolean).join(" · "));
      return row;
    });
    if (lines.length) part("log").replaceChildren(...lines);
    const differences = log.filter((line) => line.isConflict).map((line) => {
      const box = element("div", "verdict verdict-alert");
      const said = element("div");
      said.append(element("p", "verdict-title", `${hourOf(line.at)} · ${line.title}`));
      said.append(element("p", "", fill(words.conflict, { shown: line.shown, said: line.text })));
      const seen = element("button", "button button-plain", words.seen);
      seen.type = "button";
      seen.dataset.seen = line.client_id;
      box.append(icon("alert"), said, seen);
      return box;
    });
    part("conflicts").replaceChildren(...differences);
  }

  async function keepLog() {
    log = log.filter((line, rank) => rank < LOGGED || line.isConflict || line.isPending);
    await vault.put(names.log, log);
  }

  // --- What people do ---

  const code = document.getElementById("code");
  let last = Promise.resolve();
  const inTurn = (what) => (last = last.then(() => act(what), () => act(what)));

  part("scan").addEventListener("submit", (event) => {
    event.preventDefault();
    const read = code.value.trim();
    code.value = "";
    if (read) inTurn({ do: "scan", code: read });
  });

  // A scanner is a keyboard that ends with Enter: what it types goes to the ticket's field, wherever
  // the focus was left; in the search field, a whole ticket is still a ticket.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === " ") return;
    if (document.activeElement.closest("input, textarea, select, [contenteditable]")) return;
    code.focus({ preventScroll: true });
  });

  part("search")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = document.getElementById("q");
    if (!TICKET.test(field.value)) return drawPeople();
    const read = field.value;
    field.value = "";
    drawPeople();
    inTurn({ do: "scan", code: read });
  });
  part("walk-in")?.addEventListener("submit", (event) => {
    if (state === "online" && navigator.onLine) return;
    event.preventDefault();
    showVerdict({ tone: "alert", title: "", text: words.walkInOffline });
  });
  part("search")?.addEventListener("input", () => list && drawPeople());

  root.addEventListener("click", async (event) => {
    const { entry, do: what, seen } = event.target.closest("button")?.dataset ?? {};
    if (entry) {
      event.target.closest("button").disabled = true;
      inTurn({ do: what, entry: Number(entry) });
    }
    if (seen) {
      delete log.find((line) => line.client_id === seen)?.isConflict;
      await keepLog();
      drawLog();
      code.focus({ preventScroll: true });
    }
  });

  startCamera((read) => inTurn({ do: "scan", code: read }));

  onDevice.page = await keepPage({
    worker: root.dataset.worker, scope: root.dataset.scope, cache: "door", page: root.dataset.page,
    shell: root.dataset.shell, also: globalThis.BarcodeDetector ? [] : [new URL(root.dataset.decoder, location).href],
  });
  sayIfKept();
}

function startCamera(onCode) {
  const button = part("camera-button");
  const label = button.querySelector("span");
  const shut = label.textContent;
  part("sound").hidden = false;
  if (!navigator.mediaDevices?.getUserMedia) return;
  button.hidden = false;
  let camera = null;
  button.addEventListener("click", async () => {
    if (camera) {
      camera.close();
      camera = null;
    } else {
      part("camera").hidden = false;
      button.disabled = true;
      try {
        camera = await openCamera(part("camera").querySelector("video"), new URL(root.dataset.decoder, location).href, onCode);
      } catch (error) {
        showVerdict({ tone: "alert", title: "", text: error.name === "NotAllowedError" ? words.cameraRefused : words.cameraNone });
      }
      button.disabled = false;
    }
    part("camera").hidden = !camera;
    button.setAttribute("aria-expanded", String(Boolean(camera)));
    label.textContent = camera ? label.dataset.on : shut;
  });
}
