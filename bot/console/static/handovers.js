// Looks for news of the queue or of one talk, and sends answers without leaving the page.
import { ask } from "/console/static/console.js";

const live = document.getElementById("live");
const form = document.getElementById("say");
const QUICK = 1500; // milliseconds between looks while somebody talks
const SLOW = 5000;

function toEnd() { if ("quick" in live.dataset) live.scrollTop = live.scrollHeight; }

async function look() {
  const { ok, status, data } = await ask(`${live.dataset.path}?version=${encodeURIComponent(live.dataset.version)}`, { background: true, quiet: true });
  if (!ok || status !== 200 || !data) return;
  const before = live.querySelector("[data-state]")?.dataset.state;
  const held = live.contains(document.activeElement) && document.activeElement !== live;
  if (held && !("quick" in live.dataset)) return; // somebody is about to press a button there
  const atEnd = live.scrollHeight - live.scrollTop - live.clientHeight < 80;
  live.innerHTML = data;
  const now = live.firstElementChild;
  live.dataset.version = now.dataset.version;
  if (before !== undefined && before !== now.dataset.state && !document.querySelector("#say textarea")?.value) location.reload();
  if (atEnd) toEnd();
}

async function keepLooking() {
  if (!document.hidden) await look();
  setTimeout(keepLooking, "quick" in live.dataset ? QUICK : SLOW);
}

if (form) {
  const words = form.elements.text;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!words.value.trim() || form.dataset.busy) return;
    form.dataset.busy = "1";
    const { ok, data } = await ask(form.action, { method: "POST", body: new FormData(form) });
    delete form.dataset.busy;
    if (!ok) return;
    words.value = "";
    form.elements.key.value = data.key;
    await look();
    toEnd();
    words.focus();
  });
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-canned]");
    if (!button) return;
    words.value = words.value ? `${words.value.trimEnd()}\n${button.dataset.canned}` : button.dataset.canned;
    words.focus();
  });
  words.focus();
}
toEnd();
setTimeout(keepLooking, QUICK);
