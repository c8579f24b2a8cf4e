// The service worker of pages that go on without network: the network first; when it fails or does
// not answer in time, what the page has kept (pages.js). It keeps nothing by itself, touches only GET
// of pages and static files, and never what was sent or asked for by a script of the page.
const PATIENCE_MS = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function networkFirst(request) {
  const kept = await caches.match(request.url.split(/[?#]/)[0]);
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
  const fresh = fetch(request).then((response) => (response.status >= 500 ? kept : response), () => kept);
  return Promise.race([fresh, late]);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" || url.pathname.startsWith("/static/")) event.respondWith(networkFirst(request));
});
