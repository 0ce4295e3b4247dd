/** The chat page: puts session, messages, composer and menu together. */
import { Offline, SessionEnded, Slow, erase, openSession, picture, read } from "./api.js";
import { Composer } from "./composer.js";
import { Incoming } from "./incoming.js";
import { setUpMenu } from "./menu.js";
import { botMessage, ownMessage, retire, showState, told } from "./messages.js";
import { Outgoing } from "./outgoing.js";
import { Screen } from "./screen.js";
import { forget, keep, keepOwn, load, newId } from "./store.js";
import { currentLanguage, say, showLanguage } from "./words.js";

const LONGEST = 15; // seconds between tries to reach the server

const screen = new Screen();
let token = load().token;
let lastSeq = 0;
let renewing = null;

const outgoing = new Outgoing({ token: () => token, changed, renew, tell, busy: (yes) => screen.busy(yes) });
const incoming = new Incoming({ token: () => token, after: () => lastSeq, event: happened, connected, ended: renew });
const composer = new Composer({ send: sendOwn, token: () => token, tell, ended: renew });

function tell(words) {
  screen.notice(words);
}

/* Coming in */

function happened(name, data) {
  if (name === "message") showBot(data);
  else if (name === "idle") screen.busy(!data.idle);
  else if (name === "closed") renew();
}

function showBot(message) {
  if (message.seq <= lastSeq) return;
  lastSeq = message.seq;
  const first = message.seq === 1 && !message.buttons.length;
  const begin = [
    { title: say("button_status"), payload: "status" },
    { title: say("button_person"), payload: "person" },
  ];
  screen.add(botMessage(first ? { ...message, buttons: begin } : message, press), new Date(message.at), false);
}

function connected(yes) {
  screen.connected(yes);
  if (yes) outgoing.pump();
}

/* Going out */

function press(payload, title) {
  if (payload === "pin") composer.sharePlace();
  else if (payload === "/delete yes") eraseAll();
  else sendOwn({ button: payload, title }).focus({ preventScroll: true });
}

function sendOwn(what) {
  tell("");
  const message = { ...what, id: newId(), after: lastSeq, at: Date.now(), state: "sending" };
  keepOwn(message);
  const node = showOwn(message);
  outgoing.add(message);
  return node;
}

function showOwn(message) {
  retire(screen.log);
  const node = ownMessage(message, pictureOf, () => tryAgain(message));
  screen.add(node, new Date(message.at), true);
  return node;
}

function tryAgain(message) {
  message.state = "sending";
  changed(message);
  outgoing.add(message);
}

function changed(message) {
  const node = screen.log.querySelector(`[data-id="${message.id}"]`);
  if (node) showState(node, message.state, () => tryAgain(message));
}

async function pictureOf(id) {
  return composer.tray.addresses.get(id) || URL.createObjectURL(await picture(token, id));
}

/* The session */

/** Keeps trying until there is a session whose messages are on the page. */
async function connect() {
  for (let tries = 0; ; tries += 1) {
    try {
      if (token) await resume();
      else await openNew();
      break;
    } catch (error) {
      if (error instanceof SessionEnded) startAfresh();
      else if (error instanceof Offline || error instanceof Slow) {
        if (error instanceof Slow) tell(say("too_fast"));
        else screen.connected(false);
        await new Promise((resolve) => setTimeout(resolve, 1000 * (error.seconds || Math.min(LONGEST, 2 ** tries))));
      } else throw error;
    }
  }
  incoming.start();
  outgoing.pump();
}

async function openNew() {
  const { session, messages } = await openSession(currentLanguage());
  token = session;
  keep({ token });
  messages.forEach(showBot);
}

/** Puts what was said before back on the page, both sides in their order, without reading it out. */
async function resume() {
  const said = [];
  for (let after = 0, more = true; more; ) {
    const { messages } = await read(token, after);
    said.push(...messages);
    more = messages.length === 200;
    after = messages.length ? messages[messages.length - 1].seq : after;
  }
  screen.clear();
  lastSeq = 0;
  screen.log.setAttribute("aria-busy", "true");
  const own = load().own.slice();
  for (const message of said) {
    while (own.length && own[0].after < message.seq) showOwn(own.shift());
    showBot(message);
  }
  own.forEach(showOwn);
  screen.log.removeAttribute("aria-busy");
  screen.scroll.scrollTop = screen.scroll.scrollHeight;
  outgoing.queue = load().own.filter((message) => message.state === "sending" || message.state === "waiting");
}

function startAfresh() {
  token = null;
  lastSeq = 0;
  keep({ token });
  screen.log.append(told(say("web_new_session")));
}

/** The session is gone: another begins, what waits to be sent goes there. */
function renew() {
  renewing =
    renewing ||
    (async () => {
      incoming.end();
      startAfresh();
      await connect();
      renewing = null;
    })();
  return renewing;
}

async function eraseAll() {
  try {
    if (token) await erase(token);
  } catch (error) {
    if (!(error instanceof SessionEnded)) {
      tell(say("web_offline"));
      return;
    }
  }
  incoming.end();
  forget();
  outgoing.queue = [];
  token = null;
  lastSeq = 0;
  screen.clear();
  screen.busy(false);
  screen.log.append(told(say("erased")));
  await connect();
}

function switchLanguage() {
  const language = currentLanguage() === "zh" ? "en" : "zh";
  showLanguage(language);
  keep({ language });
  if (token) outgoing.add({ id: newId(), text: `/language ${language}`, silent: true });
}

const wanted = new URLSearchParams(location.search).get("lang") || load().language;
if (wanted) showLanguage(wanted);
setUpMenu({ press, eraseAll, switchLanguage });
addEventListener("online", () => token && incoming.start()); // the old stream may be dead without knowing it
addEventListener("offline", () => screen.connected(false));
document.addEventListener("visibilitychange", () => document.hidden || incoming.nudge());
connect();
