// What every page of the console can do. Rooms import from here: toast, ask, confirmed.
const words = document.body.dataset;

/** A short line at the bottom; `action` {title, run} adds a button such as undo. Returns a function that removes it. */
export function toast(text, { tone = "", action = null, seconds = 6 } = {}) {
  const line = document.createElement("p");
  line.className = "toast";
  if (tone) line.dataset.tone = tone;
  line.append(text);
  if (action) {
    const button = document.createElement("button");
    button.className = "button small";
    button.textContent = action.title;
    button.addEventListener("click", () => { line.remove(); action.run(); });
    line.append(button);
  }
  document.getElementById("toasts").append(line);
  const timer = seconds ? setTimeout(() => line.remove(), seconds * 1000) : 0;
  return () => { clearTimeout(timer); line.remove(); };
}

/**
 * A request to the service. `body` goes as JSON. What it gives: {ok, status, data} with parsed JSON or text.
 * A session that has ended leads to the sign-in page; a fault is shown as a toast unless `quiet`.
 * `background`: a page that looks for news by itself; it does not keep its reader signed in.
 */
export async function ask(path, { method = "GET", body = null, background = false, quiet = false } = {}) {
  const headers = { "X-Script": "1" };
  if (background) headers["X-Background"] = "1";
  if (body !== null && !(body instanceof FormData)) headers["Content-Type"] = "application/json";
  let response;
  try {
    const sent = body === null || body instanceof FormData ? body : JSON.stringify(body);
    response = await fetch(path, { method, headers, body: sent, credentials: "same-origin" });
  } catch {
    if (!quiet) toast(words.network, { tone: "alarm" });
    return { ok: false, status: 0, data: null };
  }
  if (response.status === 401) {
    location.assign("/console/login?next=" + encodeURIComponent(location.pathname + location.search));
    return { ok: false, status: 401, data: null };
  }
  const isJson = (response.headers.get("content-type") || "").includes("json");
  const data = isJson ? await response.json() : await response.text();
  if (!response.ok && !quiet) toast((isJson && data.error) || words.network, { tone: "alarm" });
  return { ok: response.ok, status: response.status, data };
}

/** Asks in a dialog of ours; resolves to true or false. */
export function confirmed(text) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", text);
    const body = document.createElement("div");
    body.className = "dialog-body";
    const line = document.createElement("p");
    line.textContent = text;
    body.append(line);
    const foot = document.createElement("div");
    foot.className = "dialog-foot";
    const choices = [["button", words.cancel, ""], ["button primary", words.confirmWord, "yes"]];
    for (const [style, title, value] of choices) {
      const button = document.createElement("button");
      button.className = style;
      button.textContent = title;
      button.addEventListener("click", () => dialog.close(value));
      foot.append(button);
    }
    dialog.append(body, foot);
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// data-opens="id" opens a dialog, data-closes closes the one around.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog").close();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// data-confirm="…?" on a form asks first; any form is sent once however often it is clicked.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method === "dialog") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.dataset.confirm && !form.dataset.confirmed) {
    event.preventDefault();
    const submitter = event.submitter;
    if (await confirmed(form.dataset.confirm)) {
      form.dataset.confirmed = "1";
      form.requestSubmit(submitter);
    }
    return;
  }
  if (!event.defaultPrevented && form.method === "post") form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// data-submits on a select or checkbox sends its form when it changes.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

// What the last step did is told once: not again after a reload, not in a copied address.
for (const line of document.querySelectorAll("#toasts .toast")) setTimeout(() => line.remove(), 6000);
const address = new URL(location.href);
if (address.searchParams.has("said")) {
  address.searchParams.delete("said");
  history.replaceState(history.state, "", address);
}
