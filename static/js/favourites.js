// Favourites without an account or a cookie: slugs of cards, kept by this browser alone, on the
// visitor's own request. A page without this script shows no button; the list works by its address.
const KEY = "emn-favourites";
const MOST = 50;
const PARAMETER = "fiche";

export function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((slug) => typeof slug === "string").slice(0, MOST) : [];
  } catch {
    return null; // the browser keeps nothing: no button then
  }
}

function write(slugs) {
  localStorage.setItem(KEY, JSON.stringify(slugs));
}

function address(path, slugs) {
  return slugs.length ? `${path}?${new URLSearchParams(slugs.map((slug) => [PARAMETER, slug]))}` : path;
}

function show() {
  const kept = read();
  if (!kept) return;
  for (const button of document.querySelectorAll("[data-emn-favourite]")) {
    button.classList.remove("until-ready");
    button.setAttribute("aria-pressed", String(kept.includes(button.dataset.emnFavourite)));
  }
  for (const box of document.querySelectorAll("[data-emn-favourites]")) {
    box.classList.remove("until-ready");
    const link = box.querySelector("a");
    link.href = address(box.dataset.emnFavourites, kept);
    box.querySelector("[data-emn-favourites-count]").textContent = kept.length;
  }
}

function say(name) {
  const box = document.querySelector("[data-emn-favourites]");
  if (box) box.querySelector("[data-emn-favourites-said]").textContent = box.dataset[name];
}

function toggle(slug) {
  const kept = read() ?? [];
  if (kept.includes(slug)) {
    write(kept.filter((other) => other !== slug));
    say("removed");
  } else if (kept.length >= MOST) {
    say("full");
  } else {
    write([...kept, slug]);
    say("added");
  }
  show();
}

// The page of favourites: opened bare, it turns to what this browser keeps; opened from a link that
// someone shared, it shows that link and offers to keep its cards.
function fillPage() {
  const page = document.querySelector("[data-emn-favourites-page]");
  const kept = read();
  if (!page || !kept) return;
  const shown = new URLSearchParams(location.search).getAll(PARAMETER);
  if (!shown.length) {
    if (kept.length) location.replace(address(location.pathname, kept));
    return;
  }
  const keepAll = page.querySelector("[data-emn-favourites-keep]");
  if (!keepAll || shown.every((slug) => kept.includes(slug))) return;
  keepAll.hidden = false;
  keepAll.addEventListener("click", () => {
    const offered = [...page.querySelectorAll("[data-emn-favourite]")];
    const all = new Set([...(read() ?? []), ...offered.map((button) => button.dataset.emnFavourite)]);
    write([...all].slice(0, MOST));
    say(all.size > MOST ? "full" : "added");
    keepAll.hidden = true;
    show();
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-emn-favourite]");
  if (button) toggle(button.dataset.emnFavourite);
});
document.addEventListener("htmx:afterSwap", show);
addEventListener("storage", show); // another tab
addEventListener("pageshow", show); // back, from memory
show();
fillPage();
