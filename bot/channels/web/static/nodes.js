/** Making elements. Text is always set as text, never as markup. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// No look-behind: older phones cannot read a script that has one.
const NUMBERS = /(^|[^\d-])(110|119|120|122|12345|12356|95598|0\d{2,3}-?\d{7,8})(?![\d-])/g;
const NOTICE = /(^|[^\w/])(\/privacy)(?=\s*$)/gm; // the address at the end of a line, not the command in a list

/** The telephone numbers in a text, each once. */
export function numbersIn(text) {
  return Array.from(new Set(Array.from(text.matchAll(NUMBERS), (found) => found[2])));
}

/** A text with the privacy notice as a link called `noticeName`, and with telephone links where `calls`. */
export function linked(text, calls, noticeName) {
  const places = [];
  const note = (found, link) => places.push([found.index + found[1].length, found[2].length, link]);
  for (const found of text.matchAll(NOTICE)) note(found, el("a", { href: found[2] }, noticeName));
  if (calls) for (const found of text.matchAll(NUMBERS)) note(found, el("a", { href: `tel:${found[2]}` }, found[2]));
  places.sort((one, other) => one[0] - other[0]);
  const parts = [];
  let from = 0;
  for (const [at, length, link] of places) {
    parts.push(text.slice(from, at), link);
    from = at + length;
  }
  parts.push(text.slice(from));
  return parts;
}

/** A button of a message; `press(payload, title)` follows it. */
export function pressable(button, style, press) {
  const node = el("button", { type: "button", class: style, "data-payload": button.payload }, button.title);
  node.addEventListener("click", () => press(button.payload, button.title));
  return node;
}
