/** Messages as elements: what the bot says, and what the resident sent. */
import { card } from "./card.js";
import { el, icon, linked, numbersIn, pressable } from "./nodes.js";
import { languageOf, say } from "./words.js";

const LASTING = ".ticket ~ .replies, [data-payload^='rate:']"; // buttons that stay when the conversation has gone on

/** `press(button, title)` is called when a button of this message is pressed. */
export function botMessage(message, press) {
  const buttons = message.buttons || [];
  const inside = message.card ? buttons.filter((one) => /^drop:/.test(one.payload)) : [];
  const body = message.card ? card(message, inside, press) : el("div", { class: message.ticket ? "body ticket" : "body" });
  if (message.emergency) body.append(el("p", { class: "alarm" }, icon("warn"), say("web_emergency")));
  if (!message.card) body.append(el("p", { class: "words" }, ...linked(message.text, message.emergency, say("web_privacy"))));
  if (message.emergency) body.append(calls(message.text));
  if (message.ticket) body.append(ticketNumber(message.ticket.number));
  const below = buttons.filter((one) => !inside.includes(one));
  return el(
    "article",
    {
      class: message.emergency ? "msg bot emergency" : "msg bot",
      lang: languageOf(message.text),
      tabindex: -1,
      role: message.emergency ? "alert" : undefined,
      "data-seq": message.seq,
    },
    el("span", { class: "vh" }, `${say("web_bot")}:`),
    body,
    below.length > 0 && el("div", { class: "replies" }, ...below.map((one, index) => reply(one, index, message, press))),
  );
}

function reply(button, index, message, press) {
  const main = index === 0 && (message.expects === "confirm" || message.expects === "join_duplicate");
  const style = main ? "reply main" : /^(cancel|no_reopen)$/.test(button.payload) ? "reply plain" : "reply";
  return pressable(button, style, press);
}

function calls(text) {
  const links = numbersIn(text).map((number) => el("a", { href: `tel:${number}` }, icon("call"), say("web_call", { number })));
  return el("div", { class: "calls" }, ...links);
}

function ticketNumber(number) {
  const words = el("span", {}, say("web_copy"));
  const button = el("button", { type: "button", class: "copy" }, icon("copy"), words);
  button.addEventListener("click", async () => {
    if (!(await copied(number))) return;
    words.textContent = say("web_copied");
    setTimeout(() => (words.textContent = say("web_copy")), 2500);
  });
  words.setAttribute("role", "status");
  return el("div", { class: "number" }, el("span", {}, el("span", { class: "label" }, say("web_ticket")), el("output", {}, number)), button);
}

async function copied(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // not allowed: try the old way
    }
  }
  const field = el("textarea", { class: "vh", readonly: true });
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

/** `picturesOf(id)` gives the address of a picture; `again` sends a refused message once more. */
export function ownMessage(message, pictureOf, again) {
  const body = el("div", { class: "body" });
  if (message.uploads?.length) {
    const pictures = message.uploads.map((id, index) => {
      const image = el("img", { alt: `${say("web_photo_sent")} ${index + 1}` });
      pictureOf(id).then((address) => (image.src = address), () => {});
      return image;
    });
    body.append(el("div", { class: "pictures" }, ...pictures));
  }
  if (message.location) body.append(el("p", { class: "pin" }, icon("place"), say("web_place_sent")));
  const words = message.title || message.text;
  if (words) body.append(el("p", { class: "words" }, words));
  const node = el("article", { class: "msg me", tabindex: -1, lang: words ? languageOf(words) : undefined, "data-id": message.id }, el("span", { class: "vh" }, `${say("web_me")}:`), body);
  showState(node, message.state, again);
  return node;
}

/** waiting (not sent yet), sent, failed (refused). */
export function showState(node, state, again) {
  node.querySelector(".state")?.remove();
  if (state === "waiting") node.append(el("p", { class: "state" }, say("web_waiting")));
  if (state === "failed") {
    const button = el("button", { type: "button", onclick: again }, say("web_again"));
    node.append(el("p", { class: "state failed" }, say("web_failed"), button));
  }
}

/** Takes the buttons away that belong to a moment which has passed. */
export function retire(log) {
  for (const node of log.querySelectorAll("[data-payload]")) if (!node.closest(LASTING)) node.remove();
  for (const row of log.querySelectorAll(".replies")) if (!row.children.length) row.remove();
}

const clock = (at, options) => new Intl.DateTimeFormat(document.documentElement.lang, options).format(at);

/** A line with the time, or with the day too where it is not today. */
export function timeLine(at) {
  const today = at.toDateString() === new Date().toDateString();
  const words = clock(at, today ? { hour: "2-digit", minute: "2-digit" } : { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" });
  return el("p", { class: "when" }, el("time", { datetime: at.toISOString() }, words));
}

export const told = (words) => el("p", { class: "told" }, words);
