// Reads a part of the page again, every few seconds, for as long as it says data-emn-refresh: the
// answer no longer says so once the work is over. Without JavaScript, a link does the same. A part
// that has the keyboard's focus is left alone; what is said aloud is written only when it changes.
function say(said, page) {
  const fresh = page.getElementById(said.id);
  if (fresh && fresh.textContent !== said.textContent) said.textContent = fresh.textContent;
}

async function refresh(part) {
  const seconds = Number(part.dataset.emnRefresh);
  if (!seconds) return;
  await new Promise((done) => setTimeout(done, seconds * 1000));
  try {
    const response = await fetch(location.href, { credentials: "same-origin" });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (!fresh) return;
    document.querySelectorAll("[aria-live][id]:not([data-emn-refresh])").forEach((said) => say(said, page));
    if (part.contains(document.activeElement)) return refresh(part);
    part.replaceChildren(...fresh.childNodes);
    part.dataset.emnRefresh = fresh.dataset.emnRefresh ?? "";
  } catch {
    // the network is away: try again
  }
  refresh(part);
}

document.querySelectorAll("[data-emn-refresh]").forEach(refresh);
