// Confirms for whoever has the page before their eyes; a page prepared in the background waits.
const form = document.querySelector("[data-emn-confirm]");

function confirmOnceSeen() {
  if (document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", confirmOnceSeen);
  form.requestSubmit();
}

document.addEventListener("visibilitychange", confirmOnceSeen);
confirmOnceSeen();
