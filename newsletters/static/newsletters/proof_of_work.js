// Solves the proof of work (altcha's scheme, version 2) that the form asks for, from the moment a visitor fills it in.
// Whoever cannot solve it sends the form without: the hub then allows fewer requests an hour.
const form = document.querySelector("form[data-challenge]");
const status = form.querySelector("[role=status]");
const FRESH = 15 * 60 * 1000; // a challenge is valid a little longer
let work = null;

const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function solve() {
  const response = await fetch(form.dataset.challenge, { method: "POST" });
  if (!response.ok) return "";
  const challenge = await response.json();
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const pbkdf2 = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
  for (let counter = 0; ; counter++) {
    new DataView(password.buffer).setUint32(password.length - 4, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(await crypto.subtle.deriveBits(pbkdf2, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
}

function start() {
  if (work && Date.now() - work.startedAt < FRESH) return work.solution;
  work = { startedAt: Date.now(), solution: solve().catch(() => "") };
  return work.solution;
}

form.addEventListener("focusin", start);

form.addEventListener("submit", async (event) => {
  if (form.dataset.solved) return;
  event.preventDefault();
  if (status.textContent) return; // a double click
  status.textContent = status.dataset.working;
  form.elements.altcha.value = await start();
  status.textContent = status.dataset.done;
  form.dataset.solved = "1";
  setTimeout(() => form.requestSubmit()); // within the event, browsers ignore it
});

// Who comes back to the page needs another solution: each is good for one request.
window.addEventListener("pageshow", () => {
  delete form.dataset.solved;
  status.textContent = "";
  work = null;
});
