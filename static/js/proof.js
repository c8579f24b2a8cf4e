// Answers the challenge of a public form once the visitor is in it: find n such that the SHA-256 of
// "challenge.n" starts with the wanted number of zero bits (emn/lib/forms.py checks it).
const BATCH = 256;
const encoder = new TextEncoder();

async function zeroBits(text) {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(text));
  return Math.clz32(new DataView(digest).getUint32(0));
}

async function solve(challenge, bits) {
  for (let start = 0; ; start += BATCH) {
    const tries = Array.from({ length: BATCH }, (_, step) => zeroBits(`${challenge}.${start + step}`));
    const found = (await Promise.all(tries)).findIndex((zeros) => zeros >= bits);
    if (found >= 0) return String(start + found);
  }
}

function prove(field, answer) {
  const start = async () => (answer.value = await solve(field.value, Number(field.dataset.emnProof)));
  field.form.addEventListener("focusin", start, { once: true });
}

if (globalThis.crypto?.subtle) {
  for (const field of document.querySelectorAll("input[data-emn-proof]")) {
    const answer = field.form?.elements.namedItem(field.name.replace(/challenge$/, "proof"));
    if (answer) prove(field, answer);
  }
}
