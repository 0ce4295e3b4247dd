/** The chat API, and nothing but it. Errors say what the page can do about them. */
const ROOT = "/chat/api";
const PATIENCE = 20000; // ms for a call
const SILENCE = 40000; // ms without a heartbeat after which a stream counts as dead; the server's beat every 15 s

export class Offline extends Error {} // try again later
export class SessionEnded extends Error {} // begin a new session
export class Refused extends Error {} // change it; `status` tells what was wrong
export class Slow extends Error {} // wait `seconds`

function failure(status, retryAfter) {
  if (status === 401) return new SessionEnded();
  if (status === 429) return Object.assign(new Slow(), { seconds: Math.max(1, Number(retryAfter) || 5) });
  if (status >= 500 || status === 0) return new Offline();
  return Object.assign(new Refused(), { status });
}

async function call(method, path, token, body) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(ROOT + path, { method, headers, body: body && JSON.stringify(body), signal: stop.signal, cache: "no-store" });
    if (!answer.ok) throw failure(answer.status, answer.headers.get("Retry-After"));
    return answer;
  } catch (error) {
    throw error instanceof Offline || error instanceof SessionEnded || error instanceof Refused || error instanceof Slow ? error : new Offline();
  } finally {
    clearTimeout(timer);
  }
}

export const openSession = async (language) => (await call("POST", "/sessions", null, { language })).json();
export const send = (token, message) => call("POST", "/messages", token, message);
export const erase = (token) => call("DELETE", "/sessions/current", token);
export const read = async (token, after) => (await call("GET", `/messages?after=${after}`, token)).json();
export const picture = async (token, id) => (await call("GET", `/uploads/${encodeURIComponent(id)}`, token)).blob();

/** Uploads with progress (fetch cannot tell it). Returns the upload's id; `abort` on the signal cancels. */
export function upload(token, file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, "photo");
    request.open("POST", `${ROOT}/uploads`);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () =>
      request.status === 201 ? resolve(request.response.upload) : reject(failure(request.status, request.getResponseHeader("Retry-After")));
    request.onerror = request.ontimeout = () => reject(new Offline());
    request.onabort = () => reject(new DOMException("removed", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Reads the stream until it ends; calls `on(event, data)` for each event and `on("open")` once it stands. */
export async function stream(token, after, on, signal) {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), SILENCE);
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort);
  try {
    const answer = await fetch(`${ROOT}/stream?after=${after}`, { headers: { Authorization: `Bearer ${token}` }, signal: stop.signal, cache: "no-store" });
    if (!answer.ok) throw failure(answer.status, answer.headers.get("Retry-After"));
    on("open");
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), SILENCE);
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) emit(block, on);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    stop.abort();
  }
}

function emit(block, on) {
  let name = "message";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (data.length) on(name, JSON.parse(data.join("\n")));
}
