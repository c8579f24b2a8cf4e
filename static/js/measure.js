// Tells the portal that a card was shown, opened, or its contact chosen: the card and the day, never
// who. Nothing is read from or kept on the device; who asks not to be measured is not
// (docs/adr/0011-what-is-measured.md).
const CONTACTS = { "tel:": "phoned", "mailto:": "mailed", "http:": "visited", "https:": "visited" };
const page = document.querySelector("[data-emn-measure]");
const refused = navigator.globalPrivacyControl || navigator.doNotTrack === "1";

function tell(what, slugs) {
  if (!slugs.length) return;
  const said = new URLSearchParams([["quoi", what], ...slugs.map((slug) => ["fiche", slug])]);
  navigator.sendBeacon(page.dataset.emnMeasure, said);
}

function tellWhatIsShown() {
  const card = page.dataset.card;
  if (card) tell("opened", [card]);
  else tell("listed", [...document.querySelectorAll(".rows [data-emn-favourite]")].map((row) => row.dataset.emnFavourite));
}

function followContact(event) {
  const link = event.target.closest?.(".provider-contact a[href]");
  const what = link && CONTACTS[new URL(link.href).protocol];
  if (what && link.origin !== location.origin) tell(what, [page.dataset.card]);
}

if (page && !refused && navigator.sendBeacon) {
  if (document.prerendering) document.addEventListener("prerenderingchange", tellWhatIsShown, { once: true });
  else tellWhatIsShown();
  if (page.dataset.card) {
    document.addEventListener("click", followContact);
    document.addEventListener("auxclick", followContact);
  }
}
