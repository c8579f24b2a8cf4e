// Suggestions under a field: a combobox with a list (ARIA 1.2). Without this file the field works
// as it is. The lines come from the server: a line leads to its page, or fills the field.
const WAIT_MS = 120;

function equip(field) {
  const list = document.createElement("ul");
  list.id = `${field.id}-suggestions`;
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.emnSuggestLabel);
  list.hidden = true;
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  field.after(list, status);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-controls", list.id);
  field.autocomplete = "off";

  let timer, asking, active = -1;

  const lines = () => [...list.children];
  function close() {
    list.hidden = true;
    active = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }
  function move(to) {
    const all = lines();
    all[active]?.setAttribute("aria-selected", "false");
    active = (to + all.length) % all.length;
    all[active].setAttribute("aria-selected", "true");
    all[active].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", all[active].id);
  }
  function choose(line) {
    if (field.dataset.emnSuggest.includes("quoi=")) {
      field.value = line.dataset.value;
      close();
    } else {
      location.assign(line.dataset.href);
    }
  }
  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const typed = field.value.trim();
    if (typed.length < 2) return close();
    const url = new URL(field.dataset.emnSuggest, location.href);
    url.searchParams.set("q", typed);
    try {
      const answer = await fetch(url, { signal: asking.signal });
      if (!answer.ok) return close();
      list.innerHTML = await answer.text();
    } catch {
      return;
    }
    const all = lines();
    for (const line of all) line.id = `${list.id}-${line.id}`;
    if (!all.length || document.activeElement !== field) return close();
    active = -1;
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    status.textContent = `${all.length} ${field.dataset.emnSuggestLabel}`;
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") move(active + 1);
    else if (event.key === "ArrowUp") move(active - 1);
    else if (event.key === "Enter" && active >= 0) choose(lines()[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  field.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const line = event.target.closest("[role=option]");
    if (line) choose(line);
  });
}

// « Autour de moi »: the browser's position, rounded to a kilometre, fills the place.
function locate(button) {
  const field = document.getElementById(button.dataset.emnLocate);
  if (!navigator.geolocation || !field) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        field.value = `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`;
        field.form.requestSubmit();
      },
      () => { button.hidden = true; },
      { maximumAge: 600000, timeout: 10000 },
    );
  });
}

document.querySelectorAll("input[data-emn-suggest]").forEach(equip);
document.querySelectorAll("button[data-emn-locate]").forEach(locate);
