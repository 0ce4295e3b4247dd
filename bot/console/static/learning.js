// Shows how far the work of the learning loop is, and the page anew once it has come to an end.
import { ask } from "./console.js";

const EVERY = 2000; // milliseconds
const box = document.querySelector("[data-progress]");

async function look() {
  const answer = await ask(box.dataset.progress, { background: true, quiet: true });
  if (answer.ok) {
    const next = document.createElement("div");
    next.innerHTML = answer.data;
    const before = box.querySelector("[data-job]")?.dataset.job;
    const now = next.querySelector("[data-job]")?.dataset.job;
    if (before && before !== now) { location.reload(); return; }
    const [bar, fresh] = [box.querySelector("progress"), next.querySelector("progress")];
    // The bar stays in place, so that it moves instead of jumping and is not read aloud at every step.
    if (bar && fresh && before === now && bar.value === fresh.value) { setTimeout(look, EVERY); return; }
    if (now) box.replaceChildren(...next.childNodes);
  }
  setTimeout(look, EVERY);
}

if (box && box.querySelector("[data-job]")) setTimeout(look, EVERY);
