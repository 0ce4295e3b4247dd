/** What the browser keeps: the session's token, the language, and what the resident sent (the server gives back replies only). */
const KEY = "yizhan";
const MOST = 200; // own messages kept
const EMPTY = { token: null, language: null, own: [] };

let memory = { ...EMPTY }; // where the browser keeps nothing (private windows), the page still works until it is closed

export function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    if (kept && typeof kept === "object" && Array.isArray(kept.own)) memory = { ...EMPTY, ...kept };
  } catch {
    // unreadable or not allowed: start afresh
  }
  return memory;
}

export function keep(changes) {
  memory = { ...memory, ...changes };
  memory.own = memory.own.slice(-MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // full or not allowed: the page goes on from memory
  }
  return memory;
}

/** Adds an own message, or changes the one with the same id. */
export function keepOwn(message) {
  const own = memory.own.slice();
  const index = own.findIndex((one) => one.id === message.id);
  if (index < 0) own.push(message);
  else own[index] = message;
  keep({ own });
}

export function forget() {
  const { language } = memory;
  memory = { ...EMPTY, own: [] };
  keep({ language });
}

/** 128 random bits; crypto.randomUUID is missing where the page is not served over HTTPS. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
