/** The card: everything that would be filed, one section for each problem. */
import { el, icon, pressable } from "./nodes.js";
import { languageOf, say } from "./words.js";

const LONG = 90; // characters of the resident's words shown at first

/** The message's own words lead and close; between them stand the fields, so the lines in the text are not said twice. */
export function card(message, drops, press) {
  const lines = message.text.split("\n");
  const { requests } = message.card;
  const node = el("div", { class: "body card", role: "group", "aria-label": say("web_card") }, el("p", { class: "words" }, lines[0]));
  requests.forEach((request, index) => {
    const drop = drops.find((one) => one.payload.endsWith(`:${index}`));
    node.append(item(request, requests.length > 1 ? index + 1 : 0, drop, press));
  });
  node.append(extras(message.card));
  if (lines.length > 1) node.append(el("p", { class: "words" }, lines[lines.length - 1]));
  return node;
}

function item(request, number, drop, press) {
  const head = el(
    "div",
    { class: "item-head" },
    number > 0 && el("span", { class: "nr" }, say("web_card_item", { n: number })),
    el("h3", {}, request.service_name || say("web_card_words")),
  );
  const rows = el("dl", {});
  if (request.department) row(rows, say("web_card_department"), request.department);
  row(rows, say("web_card_address"), ...place(request));
  row(rows, say("web_card_words"), ...quote(request.text));
  return el("section", { class: "item" }, head, rows, drop && pressable(drop, "reply plain", press));
}

function row(list, name, ...what) {
  list.append(el("dt", {}, name), el("dd", {}, ...what));
}

function place(request) {
  const pinned = request.lat !== null && request.lat !== undefined;
  const words = request.address || (pinned ? "" : say("web_card_no_address"));
  return [
    el("span", { class: request.address || pinned ? undefined : "missing", lang: words ? languageOf(words) : undefined }, words),
    pinned && el("span", { class: "pinned" }, icon("place"), say("web_card_pin")),
  ];
}

function quote(text) {
  const words = el("div", { class: text.length > LONG ? "quote long" : "quote", lang: languageOf(text) }, text);
  if (text.length <= LONG) return [words];
  const button = el("button", { type: "button", class: "more", "aria-expanded": "false" }, say("web_card_more"));
  button.addEventListener("click", () => {
    const long = words.classList.toggle("long");
    button.setAttribute("aria-expanded", String(!long));
    button.textContent = long ? say("web_card_more") : say("web_card_less");
  });
  return [words, button];
}

function extras(about) {
  const rows = el("dl", { class: "extras" });
  if (about.occurred) row(rows, say("web_card_occurred"), about.occurred);
  if (about.anonymous) row(rows, say("web_card_anonymous"), say("web_card_anonymous_yes"));
  else row(rows, say("web_card_contact"), about.contact_masked || el("span", { class: "missing" }, say("web_card_no_contact")));
  if (about.confidential && !about.anonymous) row(rows, say("web_card_confidential"), say("web_card_confidential_yes"));
  if (about.photos) row(rows, say("web_card_photos"), say("web_card_photo_count", { n: about.photos }));
  return rows;
}
