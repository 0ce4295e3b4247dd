// The review room: one item after the other, by keyboard. What comes next is fetched ahead.
import { ask, toast, confirmed } from "./console.js";

const box = document.getElementById("item");
const rail = document.getElementById("rail");
const told = document.getElementById("told");
const words = document.getElementById("phrases").dataset;
const find = (id) => document.getElementById(id);
const parts = new Map(); // id -> promise of its fragment
let services = [];
let busy = false;
const servicesReady = ask("/console/api/services").then((answer) => { services = answer.ok ? answer.data : []; });

const buttons = () => [...rail.querySelectorAll("button")];
const currentButton = () => rail.querySelector("button[aria-current]");
const item = () => box.querySelector(".item");

function fetchPart(id) {
  if (!parts.has(id)) {
    parts.set(id, ask(`/console/review/items/${id}`, { background: true, quiet: true }).then((a) => (a.ok ? a.data : null)));
  }
  return parts.get(id);
}

function prefetch() {
  const all = buttons();
  const at = all.indexOf(currentButton());
  for (const next of all.slice(at + 1, at + 4)) fetchPart(next.dataset.id);
}

function hold() {
  if (item()?.querySelector("[data-act]")) ask(`/console/api/review/${item().dataset.id}/hold`, { method: "POST", background: true, quiet: true });
}

async function show(button) {
  for (const one of buttons()) one.removeAttribute("aria-current");
  if (!button) {
    box.innerHTML = find("done").innerHTML;
    return;
  }
  button.setAttribute("aria-current", "true");
  button.scrollIntoView({ block: "nearest" });
  const html = await fetchPart(button.dataset.id);
  if (currentButton() !== button) return;
  if (html === null) { drop(button); return; }
  box.innerHTML = html;
  box.querySelector(".said").focus({ preventScroll: true });
  hold();
  prefetch();
}

function drop(button) {
  const all = buttons();
  const at = all.indexOf(button);
  const next = all[at + 1] || all[at - 1] || null;
  const wasCurrent = button.hasAttribute("aria-current");
  parts.delete(button.dataset.id);
  button.closest("li").remove();
  if (buttons().length < 8) more();
  return wasCurrent ? show(next) : null;
}

async function more() {
  const answer = await ask(location.href, { background: true, quiet: true });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(answer.data, "text/html");
  const known = new Set(buttons().map((one) => one.dataset.id));
  for (const line of page.querySelectorAll("#rail li")) {
    line.firstElementChild.removeAttribute("aria-current");
    if (!known.has(line.firstElementChild.dataset.id)) rail.append(document.adoptNode(line));
  }
  if (!currentButton() && buttons().length) await show(buttons()[0]);
  else prefetch();
}

function say(text, undoable) {
  told.textContent = text;
  for (const line of document.querySelectorAll("#toasts .toast")) line.remove();
  toast(text, { tone: "ok", action: undoable ? { title: words.undo, run: undo } : null });
}

async function decide(body) {
  const button = currentButton();
  if (busy || !button || !item()?.querySelector("[data-act]")) return;
  busy = true;
  const second = item().dataset.second === "true";
  const answer = await ask(`/console/api/review/${button.dataset.id}/decision`, { method: "POST", body: { ...body, second } });
  busy = false;
  if (answer.ok) {
    const why = answer.data.why ? words[`why-${answer.data.why}`.replace(/[-_]([a-z])/g, (m, c) => (m[0] === "-" ? c.toUpperCase() : m))] : "";
    say(why ? `${words.decided} ${why}` : words.decided, !["skip", "hand_over"].includes(body.outcome));
  }
  if (answer.ok || answer.status === 409 || answer.status === 404) await drop(button);
}

async function undo() {
  if (busy) return;
  busy = true;
  const answer = await ask("/console/api/review/undo", { method: "POST" });
  busy = false;
  if (!answer.ok) return;
  if (!answer.data.undone.length) { say(words.nothing, false); return; }
  say(words.undone.replace("{count}", answer.data.undone.length), false);
  for (const id of answer.data.undone.slice(0, 50).reverse()) {
    parts.delete(id);
    if (buttons().some((one) => one.dataset.id === id)) continue;
    const html = await fetchPart(id);
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.dataset.id = id;
    const text = document.createElement("span");
    text.className = "rail-text";
    const part = new DOMParser().parseFromString(html || "", "text/html").querySelector(".said");
    text.textContent = part ? part.textContent.slice(0, 40) : id;
    button.append(text);
    line.append(button);
    rail.prepend(line);
  }
  await show(buttons()[0]);
}

function choose(code) {
  const now = (item()?.dataset.current || "").split(" ").filter(Boolean);
  decide(now[0] === code ? { outcome: "accept" } : { outcome: "correct", service_code: [code, ...now.slice(1)] });
}

/* Searching a service by name, pinyin, initials or code; for a split several are chosen. */
let splitting = false;
let chosen = [];
let at = 0;

async function search(split) {
  await servicesReady;
  splitting = split;
  chosen = split ? (item()?.dataset.current || "").split(" ").filter(Boolean) : [];
  find("search-done").hidden = !split;
  find("search-words").value = "";
  found();
  find("search").showModal();
  find("search-words").focus();
}

function matches() {
  const query = find("search-words").value.trim().toLowerCase().replaceAll(" ", "");
  const rank = (one) => {
    const code = one.code.toLowerCase();
    if (!query) return 9;
    if (code === query || code.replace("-", "") === query) return 0;
    if (one.name.toLowerCase().startsWith(query) || one.initials.startsWith(query)) return 1;
    if (one.pinyin.startsWith(query) || code.startsWith(query)) return 2;
    if (one.words.replaceAll(" ", "").includes(query)) return 3;
    if (one.pinyin.includes(query) || one.initials.includes(query)) return 4;
    return -1;
  };
  return services.map((one) => [rank(one), one]).filter(([r]) => r >= 0).sort((a, b) => a[0] - b[0]).map(([, one]) => one).slice(0, 30);
}

function found() {
  at = 0;
  find("search-found").replaceChildren(...matches().map((one, i) => {
    const line = document.createElement("li");
    line.className = "choice";
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", i === 0 ? "true" : "false");
    line.dataset.code = one.code;
    line.textContent = `${one.name} ${one.code}`;
    return line;
  }));
  const line = find("search-chosen");
  line.hidden = !splitting;
  line.textContent = chosen.map((code) => services.find((one) => one.code === code)?.name || code).join(" + ");
}

function take(code) {
  if (!code) return;
  if (splitting) { chosen.push(code); find("search-words").value = ""; found(); return; }
  find("search").close();
  choose(code);
}

find("search-words").addEventListener("input", found);
find("search-found").addEventListener("click", (event) => take(event.target.closest("[data-code]")?.dataset.code));
find("search-done").addEventListener("click", () => {
  if (chosen.length > 1) { find("search").close(); decide({ outcome: "split", services: chosen }); }
});
find("search-words").addEventListener("keydown", (event) => {
  const lines = [...find("search-found").children];
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    at = Math.max(0, Math.min(lines.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
    lines.forEach((line, i) => line.setAttribute("aria-selected", i === at ? "true" : "false"));
    lines[at]?.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    if (splitting && !find("search-words").value) find("search-done").click();
    else take(lines[at]?.dataset.code);
  }
});

function prompted(title, value = "") {
  const dialog = find("words");
  find("words-title").textContent = title;
  find("words-label").textContent = title;
  find("words-input").value = value;
  dialog.returnValue = "";
  dialog.showModal();
  find("words-input").select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? find("words-input").value.trim() : ""), { once: true });
  });
}

async function bulk() {
  const id = item()?.dataset.id;
  if (!id) return;
  const answer = await ask(`/console/api/review/${id}/similar`);
  if (!answer.ok) return;
  if (!answer.data.items.length) { say(words.none, false); return; }
  const rows = [{ id, text: box.querySelector(".said").textContent }, ...answer.data.items];
  find("similar-list").replaceChildren(...rows.map((row) => {
    const line = document.createElement("li");
    const label = document.createElement("label");
    const check = document.createElement("input");
    check.type = "checkbox";
    check.checked = true;
    check.value = row.id;
    label.append(check, row.text);
    line.append(label);
    return line;
  }));
  find("similar-service").replaceChildren(...[...box.querySelectorAll("[data-choose]")].map((one) => {
    const option = document.createElement("option");
    option.value = one.dataset.choose;
    option.textContent = one.querySelector(".choice-name").textContent;
    return option;
  }));
  const count = () => { find("similar-do").textContent = words.bulk.replace("{count}", find("similar-list").querySelectorAll(":checked").length); };
  find("similar-list").onchange = count;
  count();
  const dialog = find("similar");
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener("close", async () => {
    const ids = [...find("similar-list").querySelectorAll(":checked")].map((one) => one.value);
    if (dialog.returnValue !== "yes" || !ids.length) return;
    const done = await ask("/console/api/review/bulk", { method: "POST", body: { outcome: "correct", service_code: find("similar-service").value, ids } });
    if (!done.ok) return;
    const gone = new Set(ids);
    for (const one of buttons()) if (gone.has(one.dataset.id)) { parts.delete(one.dataset.id); one.closest("li").remove(); }
    say(`${words.decided} ${done.data.decided.length}` + (done.data.left.length ? ` · ${words.left} ${done.data.left.length}` : ""), true);
    await more();
    if (!currentButton()) await show(buttons()[0] || null);
  }, { once: true });
}

const acts = {
  accept: () => decide({ outcome: "accept" }),
  search: () => search(false),
  split: () => search(true),
  skip: () => decide({ outcome: "skip" }),
  similar: bulk,
  scope: async () => { if (await confirmed(words.scope)) decide({ outcome: "out_of_scope" }); },
  danger: async () => { if (await confirmed(words.danger)) decide({ outcome: "emergency" }); },
  place: async () => { const text = await prompted(words.place, item().dataset.place); if (text) decide({ outcome: "correct", places: [{ text }] }); },
  merge: async () => { const ticket = await prompted(words.merge); if (ticket) decide({ outcome: "merge", ticket }); },
  hand: async () => { const colleague = await prompted(words.hand); if (colleague) decide({ outcome: "hand_over", colleague }); },
};
const keys = { Enter: "accept", "/": "search", s: "split", x: "skip", b: "similar", o: "scope", e: "danger", p: "place", m: "merge", h: "hand" };

function move(step) {
  const all = buttons();
  const next = all[all.indexOf(currentButton()) + step];
  if (next) show(next);
}

document.addEventListener("click", (event) => {
  const act = event.target.closest("#item [data-act]");
  if (act) acts[act.dataset.act]();
  const choice = event.target.closest("#item [data-choose]");
  if (choice) choose(choice.dataset.choose);
  const row = event.target.closest("#rail button");
  if (row) show(row);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, select, textarea, summary")) return;
  if (event.key === "Enter" && event.target.closest("a, button")) return;
  if (event.key === "?") find("help").showModal();
  else if (event.key === "u") undo();
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (/^[1-9]$/.test(event.key)) box.querySelectorAll("[data-choose]")[Number(event.key) - 1]?.click();
  else if (keys[event.key] && box.querySelector(`[data-act="${keys[event.key]}"]`)) acts[keys[event.key]]();
  else return;
  event.preventDefault();
});

setInterval(() => { if (!document.hidden) hold(); }, 60000);
hold();
prefetch();
