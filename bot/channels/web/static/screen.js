/** What is on the page around the messages: where it is scrolled to, who is typing, notices, the line about the network. */
import { timeLine } from "./messages.js";
import { say } from "./words.js";

const PAUSE = 10 * 60 * 1000; // ms of silence after which the time is shown
const STILL = 3000; // ms without a reply after which the page says that it is still working
const NEAR = 140; // pixels from the end that count as being there

const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Screen {
  constructor() {
    this.log = $("log");
    this.scroll = $("scroll");
    this.lastAt = 0;
    this.anchor = null; // the resident's last message: what answers it is read from here
    this.unread = 0;
    this.timer = 0;
    this.lost = 0;
    this.ended = true; // whether the resident is at the end of the conversation
    $("newest").addEventListener("click", () => this.toEnd());
    this.scroll.addEventListener("scroll", () => this._hint());
    new ResizeObserver(() => this._resized()).observe(this.scroll);
    document.addEventListener("visibilitychange", () => this._count(0));
  }

  clear() {
    this.log.replaceChildren();
    this.lastAt = 0;
    this.anchor = null;
  }

  /** Adds a node said at `at` (Date), and follows it where the resident was at the end. */
  add(node, at, own) {
    const near = this._left() < NEAR;
    if (at - this.lastAt > PAUSE) this.log.append(timeLine(at));
    this.lastAt = at;
    this.log.append(node);
    if (own) this.anchor = node;
    if (this.log.getAttribute("aria-busy") === "true") return;
    if (own || near) this._follow(own ? node : this.anchor || node);
    if (!own && document.hidden) this._count(this.unread + 1);
    this._hint();
  }

  toEnd() {
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: calm.matches ? "auto" : "smooth" });
  }

  /** Never past the message that is being answered: a warning must not slide out above a long card. */
  _follow(node) {
    const most = this.scroll.scrollHeight - this.scroll.clientHeight;
    const top = Math.max(0, Math.min(most, node.offsetTop - this.scroll.offsetTop - 12));
    this.scroll.scrollTo({ top: Math.max(top, this.scroll.scrollTop), behavior: calm.matches ? "auto" : "smooth" });
  }

  _left() {
    return this.scroll.scrollHeight - this.scroll.clientHeight - this.scroll.scrollTop;
  }

  _hint() {
    this.ended = this._left() < NEAR;
    $("newest").hidden = this.ended;
  }

  /** A keyboard that comes up, or photos that are chosen, must not cover the end. */
  _resized() {
    if (this.ended) this.scroll.scrollTop = this.scroll.scrollHeight;
    this._hint();
  }

  _count(number) {
    this.unread = number;
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = number ? `(${number}) ${title}` : title;
  }

  busy(yes) {
    if (yes === !$("typing").hidden) return;
    clearTimeout(this.timer);
    const near = this._left() < NEAR;
    $("typing").hidden = !yes;
    $("typing-words").textContent = "";
    if (yes) this.timer = setTimeout(() => this._still(), STILL);
    if (yes && near) this.toEnd();
  }

  _still() {
    const near = this._left() < NEAR;
    $("typing-words").textContent = say("still_here");
    if (near) this.toEnd();
  }

  notice(words) {
    $("notice").textContent = words;
  }

  /** The line about the network; a break of a moment is not worth one. */
  connected(yes) {
    clearTimeout(this.lost);
    const banner = $("banner");
    const shown = banner.classList.contains("shown");
    if (yes && shown) {
      banner.textContent = say("web_back");
      this.lost = setTimeout(() => banner.classList.remove("shown"), 2500);
    } else if (!yes) {
      this.lost = setTimeout(() => this._offline(banner), navigator.onLine ? 1500 : 0);
    }
  }

  _offline(banner) {
    this.busy(false);
    banner.textContent = say("web_offline");
    banner.classList.add("shown");
  }
}
