// The interview of an adviser, with or without network. Each answer is an act: on the disk of the
// device first, encrypted, then at the portal. What the portal says, with what waits here on top of
// it, is what the page shows. Without this script, the buttons of the page save the same online.
import { forgetPage, keepPage } from "./offline/pages.js";
import { openQueue } from "./offline/queue.js";
import { SignedOut, ask, keepInStep } from "./offline/sync.js";
import { openVault } from "./offline/vault.js";
import { holds } from "./questionnaire.js";

const POLL_S = 15;
const PHOTO_TIMEOUT_MS = 60_000;
const SIDE_PX = 1600;
const TYPED_MS = 500; // how long after the last key a text is an act
const KEPT_MS = 30 * 24 * 3600 * 1000; // an interview that nobody opens leaves the device
const KINDS = { declared: "declared", observed: "observed", note: "notes" };

const root = document.querySelector("[data-emn-interview]");
const form = root.querySelector("form");
const words = JSON.parse(document.getElementById("interview-words").textContent);
const conditions = JSON.parse(document.getElementById("interview-conditions").textContent);
const blocks = [...form.querySelectorAll("[data-question]")];
const sections = [...form.querySelectorAll(".interview-section")];
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const plural = new Intl.PluralRules(document.documentElement.lang);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const counted = (pair, n) => fill(pair[plural.select(n) === "one" ? 0 : 1], { n });
const blockOf = (code) => blocks.find((block) => block.dataset.question === code);
const titleOf = (code) => blockOf(code)?.querySelector("legend").textContent ?? code;
const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

// --- The fields of one question ---

const fieldsOf = (block, kind) => [...block.querySelectorAll(`[data-kind="${kind}"]`)];

function read(block, kind) {
  const fields = fieldsOf(block, kind);
  if (fields[0]?.type === "radio") return fields.find((field) => field.checked)?.value || null;
  if (fields[0]?.type === "checkbox") {
    const ticked = fields.filter((field) => field.checked).map((field) => field.value);
    return ticked.includes("unknown") ? "unknown" : ticked.length ? ticked : null;
  }
  const text = fields[0]?.value.trim() || null;
  return text && kind !== "note" ? text.toUpperCase() : text;
}

function write(block, kind, value) {
  for (const field of fieldsOf(block, kind)) {
    if (field.type === "radio") field.checked = field.value === (value ?? "");
    else if (field.type === "checkbox") field.checked = [value].flat().includes(field.value);
    else if (field !== document.activeElement && field.value.trim() !== (value ?? "")) field.value = value ?? "";
  }
}

// An answer that excludes the others, and the others that exclude it.
function excludeOthers(field) {
  if (field.type !== "checkbox" || !field.checked) return;
  for (const other of fieldsOf(field.closest("[data-question]"), field.dataset.kind)) {
    if (other !== field && ("alone" in field.dataset || "alone" in other.dataset)) other.checked = false;
  }
}

// --- One axis at a time ---

function showSection({ focus = false } = {}) {
  const wanted = sections.find((section) => `#${section.id}` === location.hash) ?? sections[0];
  for (const section of sections) section.classList.toggle("is-current", section === wanted);
  for (const link of root.querySelectorAll(".interview-axes a")) {
    if (link.hash !== `#${wanted.id}`) {
      link.removeAttribute("aria-current");
      continue;
    }
    link.setAttribute("aria-current", "true");
    const row = link.closest("ul");
    row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.clientWidth) / 2;
  }
  if (!focus) return;
  wanted.querySelector("h2").focus({ preventScroll: true });
  root.scrollIntoView();
}

for (const [rank, section] of sections.entries()) {
  const next = section.querySelector("[data-next]");
  if (next) next.hash = sections[rank + 1].id;
}
addEventListener("hashchange", () => showSection({ focus: true }));

// --- What is known ---

form.inert = true; // what is typed is heard from the moment it can be
const vault = await openVault("interview");
const photoVault = await openVault("interview-photos");

if (vault && photoVault) await start();
else {
  form.inert = false;
  part("line").hidden = false;
  part("line").dataset.state = "unkept";
  part("line").textContent = words.unkept;
}

async function start() {
  const id = root.dataset.emnInterview;
  const names = { state: `state:${id}`, said: `said:${id}` };
  let known = await vault.get(names.state);
  let said = (await vault.get(names.said)) ?? [];
  let csrf = "";
  let hasSentPhotos = false;
  const typing = new Map(); // «question kind» → the timer that makes an act of it
  let state = navigator.onLine ? "online" : "offline";
  const now = () => new Date(Date.now() + (known?.skew ?? 0));
  const queue = openQueue(vault, names.state, now);
  const photos = openQueue(photoVault, names.state, now);

  await forgetOver();
  root.classList.add("is-live");
  showSection();
  if (known) await redraw();
  drawSaid();

  // Interviews that are signed, or that nobody opened for a month, leave the device once all is sent.
  async function forgetOver() {
    for (const name of await vault.names()) {
      if (!name.startsWith("state:")) continue;
      const kept = await vault.get(name);
      const isOver = kept.is_signed || Date.now() - kept.seen > KEPT_MS;
      if (!isOver) continue;
      const waits = [...(await vault.all()), ...(await photoVault.all())];
      if (waits.some((row) => row.value.topic === name)) continue;
      await vault.remove(name);
      await vault.remove(name.replace("state:", "said:"));
      await forgetPage("interview", kept.page);
    }
  }

  function withActs(facts, acts) {
    const whole = { declared: { ...facts?.declared }, observed: { ...facts?.observed }, notes: { ...facts?.notes } };
    for (const act of acts) {
      const drawer = whole[KINDS[act.do]];
      if (act.value === null) delete drawer[act.question];
      else drawer[act.question] = act.value;
    }
    return whole;
  }

  async function redraw() {
    const acts = await queue.all();
    const facts = withActs(known, acts);
    for (const block of blocks) {
      const code = block.dataset.question;
      for (const [kind, drawer] of Object.entries(KINDS)) {
        if (!typing.has(`${code} ${kind}`)) write(block, kind, facts[drawer][code]);
      }
      if (facts.notes[code]) block.querySelector("details").open = true;
    }
    settle(facts);
    await drawPhotos();
    drawLine(acts.length + (await photos.all()).length);
    if (known?.title) part("title").textContent = known.title;
  }

  // What does not concern the company is hidden; what lacks an answer is counted.
  function settle(facts) {
    const answers = {};
    const lacking = {};
    for (const block of blocks) {
      const code = block.dataset.question;
      block.hidden = !holds(conditions[code], answers);
      const value = facts.observed[code] ?? facts.declared[code];
      const section = block.closest(".interview-section").id;
      lacking[section] ??= 0;
      const differs = facts.observed[code] !== undefined && facts.declared[code] !== undefined && !same(facts.observed[code], facts.declared[code]);
      block.classList.toggle("is-different", differs);
      if (block.hidden) continue;
      if (value !== undefined) answers[code] = value;
      else if ("required" in block.dataset) lacking[section] += 1;
    }
    for (const node of root.querySelectorAll("[data-left]")) node.textContent = lacking[node.dataset.left] || "✓";
    const missing = Object.values(lacking).reduce((sum, n) => sum + n, 0);
    part("missing").textContent = missing ? counted(words.missing, missing) : words.complete;
  }

  async function drawPhotos() {
    const waiting = await photos.all();
    for (const block of blocks) {
      const code = block.dataset.question;
      const list = block.querySelector('[data-part="photos"]');
      const sent = known?.photos?.[code] ?? [];
      const here = waiting.filter((act) => act.question === code).length;
      const mark = `${sent.join()}/${here}`;
      if (list.dataset.mark === mark) continue;
      list.dataset.mark = mark;
      list.replaceChildren(
        ...sent.map((key, rank) => {
          const row = element("li");
          const link = element("a");
          const image = element("img");
          link.href = image.src = `${root.dataset.photos}${key}/`;
          image.alt = fill(words.photo, { n: rank + 1 });
          image.loading = "lazy";
          link.append(image);
          row.append(link);
          return row;
        }),
        ...Array.from({ length: here }, () => element("li", "", words.photoWaits)),
      );
      if (sent.length + here) block.querySelector("details").open = true;
    }
  }

  function drawLine(waiting) {
    const line = part("line");
    line.hidden = false;
    line.dataset.state = state === "signed-out" ? "signedOut" : state;
    line.dataset.waiting = waiting;
    const counts = waiting ? counted(words.sending, waiting) : "";
    line.textContent = state === "online" ? counts || words.online : `${words[line.dataset.state]} ${counts}`;
    if (state !== "signed-out") return;
    const link = element("a", "", words.signIn);
    link.href = root.dataset.signIn;
    line.append(" ", link);
  }

  // What the portal said otherwise than this page stays until somebody has seen it.
  async function say(kind, codes) {
    if (!codes.length) return;
    said.push({ kind, text: [...new Set(codes)].map(titleOf).join(" · ") });
    await vault.put(names.said, said);
    drawSaid();
  }

  function drawSaid() {
    part("said").replaceChildren(...said.map((one, rank) => {
      const row = element("p");
      const seen = element("button", "button button-quiet", "OK");
      seen.type = "button";
      seen.addEventListener("click", async () => {
        said.splice(rank, 1);
        await vault.put(names.said, said);
        drawSaid();
      });
      row.append(element("span", "", fill(words[one.kind], { list: one.text })), seen);
      return row;
    }));
  }

  // --- In step with the portal ---

  async function send(url, make) {
    if (!csrf) await pull({ whole: true });
    let response = await ask(url, make());
    if (response.status === 403) { // signed in again since: the token is another
      await pull({ whole: true });
      response = await ask(url, make());
    }
    if (response.status === 403) throw new SignedOut();
    return response;
  }

  async function push(acts) {
    const response = await send(root.dataset.acts, () => ({
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ acts: acts.map(({ client_id, do: what, at, question, value }) => ({ client_id, do: what, at, question, value })) }),
    }));
    if (!response.ok) throw new Error(`status ${response.status}`);
    const { acts: answers } = await response.json();
    for (const outcome of ["refused", "late"]) {
      const ids = new Set(answers.filter((one) => one.outcome === outcome).map((one) => one.client_id));
      await say(outcome, acts.filter((act) => ids.has(act.client_id)).map((act) => act.question));
    }
    // What was kept is known here at once, so that nothing flickers until the next news.
    const ok = new Set(answers.filter((one) => one.outcome === "kept").map((one) => one.client_id));
    if (known) Object.assign(known, withActs(known, acts.filter((act) => ok.has(act.client_id))));
    return answers.map((one) => one.client_id);
  }

  async function pushPhoto([act]) {
    const bytes = Uint8Array.from(atob(act.data), (letter) => letter.charCodeAt(0));
    const response = await send(root.dataset.photos, () => {
      const body = new FormData();
      for (const name of ["client_id", "at", "question"]) body.append(name, act[name]);
      body.append("file", new Blob([bytes], { type: "image/jpeg" }), "photo.jpg");
      return { method: "POST", headers: { "X-CSRFToken": csrf }, body, signal: AbortSignal.timeout(PHOTO_TIMEOUT_MS) };
    });
    if (response.status === 422 || response.status === 413) await say("photoRefused", [act.question]);
    else if (!response.ok) throw new Error(`status ${response.status}`);
    hasSentPhotos = true;
    return [act.client_id];
  }

  // What was sent is a picture of the portal from now on.
  async function pullPhotos() {
    if (hasSentPhotos) await pull();
    hasSentPhotos = false;
  }

  async function pull({ whole = false } = {}) {
    const headers = known?.etag && !whole ? { "If-None-Match": known.etag } : {};
    const asked = Date.now();
    const response = await ask(root.dataset.state, { headers });
    if (response.status === 403) throw new SignedOut();
    if (response.status === 404) {
      state = "gone";
      await vault.remove(names.state);
      throw new Error("gone");
    }
    const skew = Date.parse(response.headers.get("X-Emn-Now")) - (asked + Date.now()) / 2;
    if (response.status === 304) Object.assign(known, { skew, seen: Date.now() });
    else if (!response.ok) throw new Error(`status ${response.status}`);
    else {
      const { csrf: token, ...fresh } = await response.json();
      csrf = token;
      const before = known;
      known = { ...fresh, etag: response.headers.get("ETag"), skew, seen: Date.now(), page: root.dataset.page };
      if (before?.etag) await say("changed", differences(before, await queue.all()));
    }
    await vault.put(names.state, known);
  }

  // The questions that somebody else changed since: not those of which something waits here.
  function differences(before, acts) {
    const mine = new Set(acts.map((act) => `${act.question} ${KINDS[act.do]}`));
    return blocks.map((block) => block.dataset.question).filter((code) =>
      Object.values(KINDS).some((drawer) => !mine.has(`${code} ${drawer}`) && !same(before[drawer]?.[code], known[drawer][code])));
  }

  const onState = async (told) => {
    if (state !== "gone") state = told;
    await redraw();
  };
  const step = keepInStep({ name: names.state, queue, push, pull, seconds: POLL_S, onState });
  const photoStep = keepInStep({
    name: `photos:${id}`, queue: { ...photos, all: async () => (await photos.all()).slice(0, 1) },
    push: pushPhoto, pull: pullPhotos, seconds: POLL_S, onState: () => redraw(),
  });

  // --- What people do ---

  // One after the other: what is compared with what is known has to know of the act before it.
  let lastAct = Promise.resolve();
  function act(field) {
    return (lastAct = lastAct.then(() => actInTurn(field), () => actInTurn(field)));
  }

  async function actInTurn(field) {
    const block = field.closest("[data-question]");
    const { kind } = field.dataset;
    const name = `${block.dataset.question} ${kind}`;
    const timer = typing.get(name);
    clearTimeout(timer);
    const value = read(block, kind);
    const facts = withActs(known, await queue.all());
    if (typing.get(name) === timer) typing.delete(name); // else it has changed again meanwhile
    if (same(facts[KINDS[kind]][block.dataset.question], value)) return;
    await queue.add({ do: kind, question: block.dataset.question, value });
    await redraw();
    step.now();
  }

  form.addEventListener("input", ({ target }) => {
    if (!target.dataset.kind) return;
    excludeOthers(target);
    const name = `${target.closest("[data-question]").dataset.question} ${target.dataset.kind}`;
    clearTimeout(typing.get(name));
    const isText = target.matches("textarea, input:not([type=radio], [type=checkbox])");
    typing.set(name, setTimeout(() => act(target), isText ? TYPED_MS : 0));
  });
  form.addEventListener("change", ({ target }) => {
    if (target.dataset.kind && target.matches("textarea, input:not([type=radio], [type=checkbox])")) act(target);
  });

  for (const box of root.querySelectorAll(".evidence-add")) box.hidden = false;
  form.addEventListener("change", async ({ target }) => {
    if (!("photo" in target.dataset) || !target.files.length) return;
    const { question } = target.closest("[data-question]").dataset;
    try {
      const data = await shrunk(target.files[0]);
      await photos.add({ question, data });
    } catch {
      await say("photoRefused", [question]);
    }
    target.value = "";
    await redraw();
    photoStep.now();
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const field of fieldsBeingTyped()) await act(field);
    await step.now();
    await photoStep.now();
    const waits = (await queue.all()).length + (await photos.all()).length;
    if (state !== "online" || waits || !csrf) {
      if (state === "online" && !waits) await pull({ whole: true }).catch(() => {});
      if (state !== "online" || waits || !csrf) {
        part("missing").textContent = words.later;
        return;
      }
    }
    for (const field of form.querySelectorAll('[name$="-shown"]')) field.disabled = true; // all is sent
    let token = form.elements.namedItem("csrfmiddlewaretoken");
    if (!token) {
      token = element("input");
      Object.assign(token, { type: "hidden", name: "csrfmiddlewaretoken" });
      form.append(token);
    }
    token.value = csrf;
    const what = element("input");
    Object.assign(what, { type: "hidden", name: "do", value: "conclude" });
    form.append(what);
    form.submit();
  });

  function fieldsBeingTyped() {
    return [...typing.keys()].map((name) => {
      const [code, kind] = name.split(" ");
      return fieldsOf(blockOf(code), kind)[0];
    });
  }

  form.inert = false;
  const isKept = await keepPage({
    worker: root.dataset.worker, scope: root.dataset.scope, cache: "interview", page: root.dataset.page, shell: root.dataset.shell,
  });
  if (isKept) root.dataset.kept = "";
}

// A photo as base64 of a JPEG, no side longer than SIDE_PX: it waits on the disk, then on the network.
async function shrunk(file) {
  const bitmap = await createImageBitmap(file);
  const ratio = Math.min(1, SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const sheet = element("canvas");
  sheet.width = Math.round(bitmap.width * ratio);
  sheet.height = Math.round(bitmap.height * ratio);
  sheet.getContext("2d").drawImage(bitmap, 0, 0, sheet.width, sheet.height);
  return sheet.toDataURL("image/jpeg", 0.85).split(",")[1];
}
