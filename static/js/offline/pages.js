// Keeps a page and what it is made of, for the service worker (worker.js) to show without network.
//
//   await keepPage({ worker: "/agenda/accueil/veilleur.js", scope: "/agenda/accueil/", cache: "door",
//                    page: "/agenda/accueil/7/", shell: "/agenda/accueil/7/sans-nom/", also: [] });
//   await forgetPage("door", "/agenda/accueil/7/");
//
// `shell`: the same page with no personal data, for a cache is not encrypted.
function parts() {
  const named = [...document.querySelectorAll("link[href], script[src], img[src]")].map((node) => node.href || node.src);
  const fetched = performance.getEntriesByType("resource").map((entry) => entry.name);
  const here = (url) => url.startsWith(location.origin + "/static/");
  return [...new Set([...named, ...fetched])].filter(here);
}

async function keepOne(cache, url, as = url) {
  const response = await fetch(url, { credentials: "same-origin", redirect: "error" });
  if (response.ok) await cache.put(as, response);
}

export async function keepPage({ worker, scope, cache: name, page, shell, also = [] }) {
  if (!("serviceWorker" in navigator) || !globalThis.caches) return false;
  try {
    await navigator.serviceWorker.register(worker, { scope });
    const cache = await caches.open(`emn-${name}`);
    await Promise.all([keepOne(cache, shell, page), ...[...parts(), ...also].map((url) => keepOne(cache, url))]);
    return true;
  } catch {
    return false; // no network now: what was kept before stays
  }
}

export async function forgetPage(name, page) {
  const cache = await globalThis.caches?.open(`emn-${name}`);
  await cache?.delete(page);
}
