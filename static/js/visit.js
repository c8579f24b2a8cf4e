// On the day of a visit, a browser that opened its notebook remembers where it is until midnight, so
// that the page of a demonstration offers one button instead of a code to type. Kept by this browser
// alone, at the visitor's own request (they opened the notebook); nothing is sent anywhere.
const KEY = "emn-visit";

function remembered() {
  try {
    const { path, until } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof path === "string" && path.startsWith("/") && !path.startsWith("//") && Date.now() < until) return path;
    localStorage.removeItem(KEY);
  } catch {
    // the browser keeps nothing: the code is typed
  }
  return null;
}

function remember() {
  const midnight = new Date();
  midnight.setHours(24, 0, 0, 0);
  try {
    localStorage.setItem(KEY, JSON.stringify({ path: location.pathname, until: midnight.getTime() }));
  } catch {
    // as above
  }
}

const keep = document.querySelector("[data-emn-visit-keep]");
if (document.querySelector("[data-emn-visit]")) remember();
else if (keep) {
  const path = remembered();
  if (path) {
    keep.querySelector("form").action = path;
    keep.hidden = false;
    document.querySelector("[data-emn-visit-ask]").hidden = true;
  }
}
